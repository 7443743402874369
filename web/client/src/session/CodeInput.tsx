import { useEffect, useId, useRef, useState } from "react";

import { CODE_LENGTH, codeDigits } from "./codes.ts";

interface CodeInputProps {
  label: string;
  value: string;
  problem: string | undefined;
  isBusy: boolean;
  onChange: (digits: string) => void;
}

/**
 * Input for an e-mailed code of six digits. It is a single field drawn as six boxes, so that
 * pasting and autofill work.
 */
export function CodeInput({ label, value, problem, isBusy, onChange }: CodeInputProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [hasFocus, setHasFocus] = useState(false);
  useEffect(() => input.current?.focus(), [problem]);
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-sm font-semibold">
        {label}
      </label>
      <div className="relative w-full max-w-100">
        <div aria-hidden className="flex gap-1.5 sm:gap-2.5">
          {Array.from({ length: CODE_LENGTH }, (_, index) => (
            <span
              key={index}
              className={`display grid h-14 min-w-0 flex-1 place-items-center rounded-md border text-xl sm:h-16 ${index === 3 ? "ml-1.5 sm:ml-2.5" : ""} ${boxClass(value, index, hasFocus, Boolean(problem))}`}
            >
              {value[index] ?? ""}
            </span>
          ))}
        </div>
        <input
          ref={input}
          id={id}
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          autoCorrect="off"
          spellCheck={false}
          required
          value={value}
          readOnly={isBusy}
          aria-invalid={problem ? true : undefined}
          aria-describedby={problem ? `${id}-problem` : undefined}
          onFocus={() => setHasFocus(true)}
          onBlur={() => setHasFocus(false)}
          onChange={(event) => onChange(codeDigits(event.target.value))}
          className="absolute inset-0 w-full rounded-md bg-transparent text-base text-transparent caret-transparent selection:bg-transparent"
        />
      </div>
      <p id={`${id}-problem`} role="alert" className="text-[13px]/[18px] text-danger empty:hidden">
        {problem}
      </p>
    </div>
  );
}

function boxClass(value: string, index: number, hasFocus: boolean, isWrong: boolean): string {
  if (isWrong && !value) return "border-danger bg-panel";
  if (index < value.length) return "border-accent bg-free-bg";
  return hasFocus && index === value.length
    ? "border-2 border-accent bg-panel"
    : "border-field bg-panel";
}
