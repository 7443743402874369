import type { ReactNode } from "react";

import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Field } from "../ui/Field.tsx";
import { Select } from "../ui/Select.tsx";
import type { RulesDraft } from "./draft.ts";
import { hoursWords } from "./words.ts";
import type { Problems } from "../ui/problems.ts";

const DAY_MINUTES = 1_440;
const STEPS = [15, 30, 45, 60, 90, 120];
const BREAKS = [0, 15, 30, 45, 60, 90, 120];
const NOTICES = [
  0,
  60,
  120,
  240,
  720,
  DAY_MINUTES,
  2 * DAY_MINUTES,
  3 * DAY_MINUTES,
  7 * DAY_MINUTES,
  14 * DAY_MINUTES,
  30 * DAY_MINUTES,
];

interface RuleFieldsProps {
  rules: RulesDraft;
  problems: Problems;
  onChange: (rules: RulesDraft) => void;
}

/**
 * Fields for the booking rules: slot step, break, minimum notice, horizon, cancellation and
 * confirmation.
 */
export function RuleFields({ rules, problems, onChange }: RuleFieldsProps) {
  const text = useWords(hoursWords);
  const formats = useFormats();

  function change(changed: Partial<RulesDraft>): void {
    onChange({ ...rules, ...changed });
  }

  function formatNotice(minutes: number): string {
    if (minutes < DAY_MINUTES || minutes % DAY_MINUTES) return formats.minutes(minutes);
    return text.daysCount(formats.number(minutes / DAY_MINUTES), minutes === DAY_MINUTES);
  }

  return (
    <div className="grid gap-4">
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Select
          label={text.step}
          value={rules.stepMinutes ?? ""}
          onChange={({ target }) =>
            change({ stepMinutes: target.value ? Number(target.value) : null })
          }
        >
          <option value="">{text.stepOfLength}</option>
          {options(STEPS, rules.stepMinutes, formats.minutes)}
        </Select>
        <WithHint hint={text.forNew}>
          <Select
            label={text.break}
            value={rules.breakMinutes}
            onChange={({ target }) => change({ breakMinutes: Number(target.value) })}
          >
            {options(BREAKS, rules.breakMinutes, (minutes) =>
              minutes ? formatNotice(minutes) : text.none,
            )}
          </Select>
        </WithHint>
        <Select
          label={text.minimumNotice}
          value={rules.minimumNoticeMinutes}
          onChange={({ target }) => change({ minimumNoticeMinutes: Number(target.value) })}
        >
          {options(NOTICES, rules.minimumNoticeMinutes, (minutes) =>
            minutes ? formatNotice(minutes) : text.none,
          )}
        </Select>
        <WithHint hint={text.forNew}>
          <Select
            label={text.cancellation}
            value={rules.cancellationNoticeMinutes}
            onChange={({ target }) => change({ cancellationNoticeMinutes: Number(target.value) })}
          >
            {options(NOTICES, rules.cancellationNoticeMinutes, (minutes) =>
              minutes ? text.before(formatNotice(minutes)) : text.atStart,
            )}
          </Select>
        </WithHint>
        <Field
          label={text.horizon}
          inputMode="numeric"
          autoComplete="off"
          value={rules.horizonDays}
          problem={problems.horizonDays}
          onChange={({ target }) => change({ horizonDays: target.value })}
        />
      </div>
      <label className="flex items-start gap-3 py-2">
        <input
          type="checkbox"
          checked={rules.confirmsAutomatically}
          onChange={({ target }) => change({ confirmsAutomatically: target.checked })}
          className="mt-px size-5 shrink-0 accent-accent"
        />
        <span>
          <span className="font-medium">{text.confirms}</span>
          <span className="block text-xs text-muted">{text.confirmsHint}</span>
        </span>
      </label>
    </div>
  );
}

function WithHint({ hint, children }: { hint: string; children: ReactNode }) {
  return (
    <div className="grid gap-1">
      {children}
      <p className="text-xs text-muted">{hint}</p>
    </div>
  );
}

/** Return options for the offered values, and for the current value if it is not offered. */
function options(
  offered: readonly number[],
  value: number | null,
  format: (minutes: number) => string,
) {
  const all =
    value === null ? offered : [...new Set([...offered, value])].sort((one, other) => one - other);
  return all.map((minutes) => (
    <option key={minutes} value={minutes}>
      {format(minutes)}
    </option>
  ));
}
