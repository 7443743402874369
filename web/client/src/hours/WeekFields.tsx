import { useState } from "react";

import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { SpanFields } from "./SpanFields.tsx";
import { type Week, WEEKDAYS, copyMondayToWeekdays } from "./spans.ts";
import { hoursWords } from "./words.ts";
import type { Problems } from "../ui/problems.ts";

interface WeekFieldsProps {
  week: Week;
  problems: Problems;
  onChange: (week: Week) => void;
}

/** Fields for the weekly hours, day by day. */
export function WeekFields({ week, problems, onChange }: WeekFieldsProps) {
  const text = useWords(hoursWords);
  const [announcement, setAnnouncement] = useState("");
  return (
    <div className="grid gap-2">
      <div className="divide-y divide-line">
        {WEEKDAYS.map((weekday) => (
          <div
            key={weekday}
            role="group"
            aria-label={text.days[weekday]}
            className="grid gap-x-4 py-2 sm:grid-cols-[11rem_1fr]"
          >
            <p className="leading-10">
              <span className="font-medium">{text.days[weekday]}</span>
              {!week[weekday].length && <span className="text-muted"> · {text.closed}</span>}
            </p>
            <SpanFields
              spans={week[weekday]}
              day={text.days[weekday]}
              problems={problems}
              onChange={(spans) => onChange({ ...week, [weekday]: spans })}
            />
          </div>
        ))}
      </div>
      <Button
        className="justify-self-start"
        onClick={() => {
          onChange(copyMondayToWeekdays(week));
          setAnnouncement(text.copied);
        }}
      >
        {text.copyMonday}
      </Button>
      <p role="status" className="sr-only">
        {announcement}
      </p>
    </div>
  );
}
