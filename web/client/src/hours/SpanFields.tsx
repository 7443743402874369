import { useId, useRef } from "react";

import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { inputClass } from "../ui/Field.tsx";
import { fromFieldEnd, toFieldTime, suggestSpan, type Span } from "./spans.ts";
import { hoursWords } from "./words.ts";
import type { Problems } from "../ui/problems.ts";

interface SpanFieldsProps {
  spans: readonly Span[];
  /** Name of the day, for labels. */
  day: string;
  problems: Problems;
  onChange: (spans: readonly Span[]) => void;
}

/** Fields to edit, add and remove the time ranges of one day. */
export function SpanFields({ spans, day, problems, onChange }: SpanFieldsProps) {
  const text = useWords(hoursWords);
  const add = useRef<HTMLButtonElement>(null);

  function change(key: string, changed: Partial<Span>): void {
    onChange(spans.map((span) => (span.key === key ? { ...span, ...changed } : span)));
  }

  return (
    <div className="grid justify-items-start gap-2">
      {spans.map((span) => (
        <div
          key={span.key}
          className="grid grid-cols-[minmax(0,8rem)_auto_minmax(0,8rem)_auto] items-start gap-1 sm:gap-2"
        >
          <Time
            label={`${day}: ${text.from}`}
            value={span.from}
            problem={problems[`${span.key}.from`]}
            onChange={(from) => change(span.key, { from })}
          />
          <span aria-hidden className="leading-10 text-muted pointer-coarse:leading-[44px]">
            –
          </span>
          <Time
            label={`${day}: ${text.to}`}
            value={toFieldTime(span.to)}
            hint={span.to === "24:00" ? text.endOfDay : undefined}
            problem={problems[`${span.key}.to`]}
            onChange={(to) => change(span.key, { to: fromFieldEnd(to) })}
          />
          <RemoveButton
            label={text.removeHours(day, span.from, span.to)}
            onClick={() => {
              add.current?.focus();
              onChange(spans.filter(({ key }) => key !== span.key));
            }}
          />
        </div>
      ))}
      <button
        ref={add}
        type="button"
        aria-label={text.addHoursOn(day)}
        onClick={() => onChange([...spans, suggestSpan(spans)])}
        className="inline-flex h-10 items-center gap-1 rounded-md text-sm font-medium text-accent hover:underline pointer-coarse:h-11"
      >
        <span aria-hidden>+</span> {text.addHours}
      </button>
    </div>
  );
}

interface TimeProps {
  label: string;
  value: string;
  hint?: string | undefined;
  problem?: string | undefined;
  onChange: (value: string) => void;
}

function Time({ label, value, hint, problem, onChange }: TimeProps) {
  const id = useId();
  return (
    <span className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-1">
      <input
        type="time"
        step={900}
        aria-label={label}
        aria-invalid={problem ? true : undefined}
        aria-describedby={hint || problem ? id : undefined}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className={`${inputClass} max-sm:px-2! tabular-nums max-[24rem]:[&::-webkit-calendar-picker-indicator]:hidden`}
      />
      {(problem || hint) && (
        <span id={id} className={`text-xs ${problem ? "text-danger" : "text-muted"}`}>
          {problem ?? hint}
        </span>
      )}
    </span>
  );
}

/** Button that removes an item from a list. */
export function RemoveButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button
      kind="plain"
      aria-label={label}
      onClick={onClick}
      className="w-10 px-0! text-muted! pointer-coarse:w-11"
    >
      <span aria-hidden className="text-lg">
        ×
      </span>
    </Button>
  );
}
