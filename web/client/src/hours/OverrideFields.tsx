import { parseDate } from "@internationalized/date";
import { useRef } from "react";

import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { Select } from "../ui/Select.tsx";
import type { OverrideDraft } from "./draft.ts";
import { RemoveButton, SpanFields } from "./SpanFields.tsx";
import { newKey, suggestSpan } from "./spans.ts";
import { hoursWords } from "./words.ts";
import type { Problems } from "../ui/problems.ts";

interface OverrideFieldsProps {
  overrides: readonly OverrideDraft[];
  /** Today in the expert's time zone, such as 2026-11-21. */
  today: string;
  problems: Problems;
  onChange: (overrides: readonly OverrideDraft[]) => void;
}

/** Future days that differ from the weekly hours: closed, or with hours of their own. */
export function OverrideFields({ overrides, today, problems, onChange }: OverrideFieldsProps) {
  const text = useWords(hoursWords);
  const formats = useFormats();
  const add = useRef<HTMLDivElement>(null);

  function change(key: string, changed: Partial<OverrideDraft>): void {
    onChange(overrides.map((each) => (each.key === key ? { ...each, ...changed } : each)));
  }

  return (
    <div className="grid gap-4">
      {!overrides.length && <p className="text-muted">{text.noOverrides}</p>}
      {overrides.length > 0 && (
        <div className="grid gap-4">
          {overrides.map(({ key, date, hours }) => {
            const name = date ? formats.day(date) : text.newDay;
            return (
              <div
                key={key}
                role="group"
                aria-label={name}
                className="grid grid-cols-[1fr_auto] items-start gap-3 rounded-md border border-line p-3 sm:grid-cols-[11rem_11rem_1fr]"
              >
                <div className="sm:col-start-1 sm:row-start-1">
                  <Field
                    label={text.date}
                    type="date"
                    min={today}
                    value={date}
                    problem={problems[`${key}.date`]}
                    onChange={(event) => change(key, { date: event.target.value })}
                    // Sort after editing: sorting while typing would move the field.
                    onBlur={() => onChange(sortByDate(overrides))}
                  />
                </div>
                <div className="pt-6 sm:col-start-3 sm:row-start-1 sm:justify-self-end">
                  <RemoveButton
                    label={text.removeDay(name)}
                    onClick={() => {
                      add.current?.querySelector("button")?.focus();
                      onChange(overrides.filter((each) => each.key !== key));
                    }}
                  />
                </div>
                <div className="col-span-2 sm:col-span-1 sm:col-start-2 sm:row-start-1">
                  <Select
                    label={text.onThatDay}
                    value={hours.length ? "open" : "closed"}
                    onChange={(event) =>
                      change(key, { hours: event.target.value === "open" ? [suggestSpan([])] : [] })
                    }
                  >
                    <option value="closed">{text.closed}</option>
                    <option value="open">{text.ownHours}</option>
                  </Select>
                </div>
                {hours.length > 0 && (
                  <div className="col-span-full">
                    <SpanFields
                      spans={hours}
                      day={name}
                      problems={problems}
                      onChange={(hours) => change(key, { hours })}
                    />
                  </div>
                )}
              </div>
            );
          })}
        </div>
      )}
      <div ref={add}>
        <Button
          onClick={() =>
            onChange([
              ...overrides,
              { key: newKey(), date: nextUnusedDate(overrides, today), hours: [] },
            ])
          }
        >
          {text.addDay}
        </Button>
      </div>
    </div>
  );
}

function sortByDate(overrides: readonly OverrideDraft[]): readonly OverrideDraft[] {
  return overrides.toSorted((one, other) => (one.date || "9").localeCompare(other.date || "9"));
}

/** Return the day after the last override, which is therefore unused. */
function nextUnusedDate(overrides: readonly OverrideDraft[], today: string): string {
  const last = overrides.reduce((latest, { date }) => (date > latest ? date : latest), today);
  return parseDate(last).add({ days: 1 }).toString();
}
