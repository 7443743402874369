import { useRef } from "react";

import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { Select } from "../ui/Select.tsx";
import { nextUnusedDate, type OverrideDraft } from "./overrides.ts";
import { RemoveButton, SpanFields } from "./SpanFields.tsx";
import { newKey, suggestSpan } from "./spans.ts";
import { hoursWords } from "./words.ts";
import type { Problems } from "../ui/problems.ts";

interface OverrideFieldsProps {
  overrides: readonly OverrideDraft[];
  /** Today's date in the expert's time zone, such as 2026-11-21. */
  today: string;
  problems: Problems;
  onChange: (overrides: readonly OverrideDraft[]) => void;
}

/**
 * Form fields for overrides: single days or ranges of days in the future that are closed, or whose
 * hours differ from the weekly hours.
 */
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
          {overrides.map(({ key, date, until, hours }) => {
            const name = !date
              ? text.newDay
              : until > date
                ? text.daysNamed(formats.day(date), formats.day(until))
                : formats.day(date);
            return (
              <div
                key={key}
                role="group"
                aria-label={name}
                className="grid grid-cols-2 items-start gap-3 rounded-md border border-line p-3 md:grid-cols-[1fr_1fr_1fr_auto]"
              >
                <Field
                  label={text.date}
                  type="date"
                  min={today}
                  value={date}
                  problem={problems[`${key}.date`]}
                  onChange={({ target: { value } }) =>
                    change(key, { date: value, until: until < value ? value : until })
                  }
                  // Sort only after editing, because sorting while the user types would move the
                  // field.
                  onBlur={() => onChange(sortByDate(overrides))}
                />
                <Field
                  label={text.until}
                  type="date"
                  min={date || today}
                  value={until}
                  problem={problems[`${key}.until`]}
                  onChange={({ target }) => change(key, { until: target.value })}
                />
                <div className="pt-6.5 max-md:order-last max-md:justify-self-end md:col-start-4">
                  <RemoveButton
                    label={text.removeDay(name)}
                    onClick={() => {
                      add.current?.querySelector("button")?.focus();
                      onChange(overrides.filter((each) => each.key !== key));
                    }}
                  />
                </div>
                <div className="md:col-start-3 md:row-start-1">
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
                  <div className="col-span-full max-md:order-last">
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
          onClick={() => {
            const date = nextUnusedDate(overrides, today);
            onChange([...overrides, { key: newKey(), date, until: date, hours: [] }]);
          }}
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
