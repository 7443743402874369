import type { ReactNode } from "react";

import { useText, useWords } from "../../text/text.tsx";
import { useFormats } from "../../time/formats.ts";
import { dateFormat } from "../../time/intl.ts";
import { Icon } from "../../ui/Icon.tsx";
import { addDays } from "../../time/day.ts";
import type { DeskView } from "./useDeskAddress.ts";
import { calendarWords } from "./words.ts";

interface CalendarHeaderProps {
  id: string;
  view: DeskView;
  views: readonly DeskView[];
  dates: readonly string[];
  today: string;
  onView: (view: DeskView) => void;
  onDate: (date: string) => void;
}

/** Header of the calendar: the days shown, buttons for other days, and the choice of a view. */
export function CalendarHeader(props: CalendarHeaderProps) {
  const { id, view, views, dates, today, onView, onDate } = props;
  const text = useWords(calendarWords);
  const [first = today] = dates;
  const step = view === "day" ? 1 : 7;
  return (
    <div
      className={`flex flex-wrap items-center gap-x-3 gap-y-2 ${view === "list" ? "" : "p-4 md:px-5"}`}
    >
      <h2 id={id} aria-live="polite" className="text-lg first-letter:uppercase">
        {view === "list" ? text.calendar : <Span dates={dates} today={today} />}
      </h2>
      {view !== "list" && (
        <div className="flex items-center gap-1">
          <button
            type="button"
            disabled={dates.includes(today)}
            onClick={() => onDate(today)}
            className="h-9 rounded-sm border border-line bg-panel px-3 text-sm font-semibold shadow-1 hover:bg-sunken disabled:cursor-default disabled:text-gone disabled:shadow-none pointer-coarse:h-11"
          >
            {text.today}
          </button>
          <StepButton label={text.previous[view]} onClick={() => onDate(addDays(first, -step))}>
            <Icon name="chevronLeft" />
          </StepButton>
          <StepButton label={text.next[view]} onClick={() => onDate(addDays(first, step))}>
            <Icon name="chevronLeft" className="size-5 rotate-180" />
          </StepButton>
        </div>
      )}
      <div
        role="group"
        aria-label={text.view}
        className="ml-auto flex rounded-control bg-gone-bg p-1"
      >
        {views.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === view}
            onClick={() => onView(each)}
            className="h-8 rounded-[8px] px-3 text-sm font-medium text-muted hover:text-text aria-pressed:bg-panel aria-pressed:font-semibold aria-pressed:text-text aria-pressed:shadow-1 pointer-coarse:h-11"
          >
            {text.views[each]}
          </button>
        ))}
      </div>
    </div>
  );
}

interface StepButtonProps {
  label: string;
  onClick: () => void;
  children: ReactNode;
}

function StepButton({ label, onClick, children }: StepButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      onClick={onClick}
      className="grid size-9 place-items-center rounded-sm hover:bg-sunken pointer-coarse:size-11"
    >
      {children}
    </button>
  );
}

/** The days shown, such as "23 – 29 November", with the year if it is not the present year. */
function Span({ dates, today }: { dates: readonly string[]; today: string }) {
  const { locale } = useText();
  const formats = useFormats();
  const [first = today] = dates;
  const last = dates.at(-1) ?? first;
  if (first === last) return formats.day(first);
  const isThisYear = [first, last].every((date) => date.slice(0, 4) === today.slice(0, 4));
  return dateFormat(locale, {
    day: "numeric",
    month: "long",
    timeZone: "UTC",
    ...(!isThisYear && { year: "numeric" }),
  }).formatRange(new Date(first), new Date(last));
}
