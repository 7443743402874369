import {
  type CalendarDate,
  endOfMonth,
  endOfWeek,
  getWeeksInMonth,
  isSameMonth,
  maxDate,
  minDate,
  startOfMonth,
  startOfWeek,
} from "@internationalized/date";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";

import { catalogue, useWords } from "../text/text.tsx";
import { dateFormat } from "../time/intl.ts";

const calendarWords = catalogue({
  en: { previous: "Previous month", next: "Next month", unavailable: "nothing free" },
  de: { previous: "Voriger Monat", next: "Nächster Monat", unavailable: "nichts frei" },
});

interface MonthCalendarProps {
  label: string;
  locale: string;
  value: CalendarDate | null;
  /** The month shown first. */
  firstMonth: CalendarDate;
  minValue: CalendarDate;
  maxValue: CalendarDate;
  isUnavailable: (date: CalendarDate) => boolean;
  onChange: (date: CalendarDate) => void;
  /** Called with the first day of the month that is now shown. */
  onMonth: (month: CalendarDate) => void;
}

/**
 * Date picker for one month, after the grid pattern of the ARIA Authoring Practices.
 *
 * Arrow keys move by day and week, Home and End within a week, Page Up and Page Down by month, with
 * Shift by year. Written here because react-aria's calendar would use a tenth of the page's budget.
 */
export function MonthCalendar(props: MonthCalendarProps) {
  const { label, locale, value, firstMonth, minValue, maxValue, onMonth } = props;
  const words = useWords(calendarWords);
  const heading = useId();
  const grid = useRef<HTMLTableElement>(null);
  const [focusedDate, setFocusedDate] = useState(() =>
    clamp(value ?? firstMonth, minValue, maxValue),
  );
  const [hasFocus, setHasFocus] = useState(false);
  const month = startOfMonth(focusedDate);
  // Tab enters the grid at the selected day.
  const focused = !hasFocus && value && isSameMonth(value, month) ? value : focusedDate;
  const reportedMonth = useRef(month);
  const title = formatDate(month, locale, { month: "long", year: "numeric" });

  function moveTo(date: CalendarDate): void {
    setFocusedDate(clamp(date, minValue, maxValue));
  }

  useEffect(() => {
    if (hasFocus) grid.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  }, [focused, hasFocus]);
  useEffect(() => {
    if (isSameMonth(reportedMonth.current, month)) return;
    reportedMonth.current = month;
    onMonth(month);
  });

  function move(event: KeyboardEvent): void {
    const step = stepForKey(event, locale);
    if (!step) return;
    event.preventDefault();
    moveTo(step(focused));
  }

  return (
    <div role="group" aria-label={label} className="grid gap-4">
      <div className="flex items-center justify-between">
        <h2 id={heading} aria-live="polite" className="text-lg first-letter:uppercase">
          {title}
        </h2>
        <div className="flex gap-1">
          <MonthButton
            label={words.previous}
            isDisabled={month.compare(minValue) <= 0}
            onClick={() => moveTo(month.subtract({ months: 1 }))}
          >
            ‹
          </MonthButton>
          <MonthButton
            label={words.next}
            isDisabled={endOfMonth(month).compare(maxValue) >= 0}
            onClick={() => moveTo(month.add({ months: 1 }))}
          >
            ›
          </MonthButton>
        </div>
      </div>
      <table
        ref={grid}
        role="grid"
        aria-labelledby={heading}
        onKeyDown={move}
        onFocus={() => setHasFocus(true)}
        onBlur={() => setHasFocus(false)}
        className="w-full table-fixed border-separate border-spacing-y-1 text-center"
      >
        <Weekdays month={month} locale={locale} />
        <tbody>
          {Array.from({ length: getWeeksInMonth(month, locale) }, (_, week) => (
            <tr key={week}>
              {weekStarting(startOfWeek(month, locale).add({ weeks: week })).map((date) =>
                isSameMonth(date, month) ? (
                  <Day
                    key={date.day}
                    {...props}
                    date={date}
                    isFocused={date.compare(focused) === 0}
                    unavailable={words.unavailable}
                    onFocus={() => setFocusedDate(date)}
                    onChoose={() => props.onChange(date)}
                  />
                ) : (
                  <td key={date.toString()} />
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Weekdays({ month, locale }: { month: CalendarDate; locale: string }) {
  return (
    <thead>
      <tr>
        {weekStarting(startOfWeek(month, locale)).map((date) => (
          <th
            key={date.toString()}
            scope="col"
            abbr={formatDate(date, locale, { weekday: "long" })}
            className="h-8 text-sm font-medium text-muted"
          >
            {formatDate(date, locale, { weekday: "narrow" })}
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface DayProps extends MonthCalendarProps {
  date: CalendarDate;
  isFocused: boolean;
  unavailable: string;
  onFocus: () => void;
  onChoose: () => void;
}

function Day(props: DayProps) {
  const { date, locale, value, minValue, maxValue, isFocused, unavailable } = props;
  const isSelected = value?.compare(date) === 0;
  const isOutside = date.compare(minValue) < 0 || date.compare(maxValue) > 0;
  const isDisabled = isOutside || props.isUnavailable(date);
  const name = formatDate(date, locale, { dateStyle: "full" });
  const stateClass = isSelected
    ? "bg-accent font-semibold text-on-accent"
    : isDisabled
      ? "cursor-default text-faint"
      : "bg-soft font-semibold text-accent hover:outline-2 hover:outline-accent";
  return (
    <td role="gridcell" aria-selected={isSelected} className="p-0">
      <button
        type="button"
        tabIndex={isFocused ? 0 : -1}
        disabled={isOutside}
        aria-disabled={isDisabled || undefined}
        aria-label={isDisabled ? `${name}, ${unavailable}` : name}
        onFocus={props.onFocus}
        onClick={isDisabled ? undefined : props.onChoose}
        className={`mx-auto grid size-10 pointer-coarse:size-11 place-items-center rounded-md tabular-nums ${stateClass}`}
      >
        {formatDate(date, locale, { day: "numeric" })}
      </button>
    </td>
  );
}

interface MonthButtonProps {
  label: string;
  isDisabled: boolean;
  onClick: () => void;
  children: ReactNode;
}

function MonthButton({ label, isDisabled, onClick, children }: MonthButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      disabled={isDisabled}
      onClick={onClick}
      className="grid size-9 pointer-coarse:size-11 place-items-center rounded-sm text-lg hover:bg-sunken disabled:opacity-40"
    >
      <span aria-hidden>{children}</span>
    </button>
  );
}

type Step = (date: CalendarDate) => CalendarDate;

/** Return how a key moves the focused day; null for other keys. */
function stepForKey({ key, shiftKey }: KeyboardEvent, locale: string): Step | null {
  const pages = shiftKey ? { years: 1 } : { months: 1 };
  const steps: Record<string, Step> = {
    ArrowLeft: (date) => date.subtract({ days: 1 }),
    ArrowRight: (date) => date.add({ days: 1 }),
    ArrowUp: (date) => date.subtract({ weeks: 1 }),
    ArrowDown: (date) => date.add({ weeks: 1 }),
    Home: (date) => startOfWeek(date, locale),
    End: (date) => endOfWeek(date, locale),
    PageUp: (date) => date.subtract(pages),
    PageDown: (date) => date.add(pages),
  };
  return steps[key] ?? null;
}

function weekStarting(first: CalendarDate): CalendarDate[] {
  return Array.from({ length: 7 }, (_, days) => first.add({ days }));
}

function clamp(date: CalendarDate, first: CalendarDate, last: CalendarDate): CalendarDate {
  return minDate(maxDate(date, first) ?? date, last);
}

function formatDate(date: CalendarDate, locale: string, form: Intl.DateTimeFormatOptions): string {
  // A calendar day is the same in every time zone: format it as midnight UTC.
  const instant = date.toDate("UTC");
  return dateFormat(locale, { ...form, timeZone: "UTC" }).format(instant);
}
