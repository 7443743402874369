import { type CalendarDate, maxDate } from "@internationalized/date";
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";

import { catalogue, useWords } from "../text/text.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type Availability, isFull, isScarce } from "./days.ts";
import { FreeBar } from "./FreeBar.tsx";
import { pageOf, WEEKS } from "./useWeeks.ts";
import { clamp, formatDate, monthsOf, stepForKey, weekStarting } from "./weeks.ts";

const calendarWords = catalogue({
  en: {
    previous: "Earlier weeks",
    next: "Later weeks",
    today: "Today",
    unavailable: "nothing free",
    full: "full",
    wait: "full, with a waiting list",
    few: (count: number) => (count === 1 ? "1 time free" : `${count} times free`),
    legend: { free: "Free", few: "Few left", full: "Full", wait: "Full, waiting list" },
  },
  de: {
    previous: "Frühere Wochen",
    next: "Spätere Wochen",
    today: "Heute",
    unavailable: "nichts frei",
    full: "ausgebucht",
    wait: "ausgebucht, mit Warteliste",
    few: (count) => (count === 1 ? "1 Zeit frei" : `${count} Zeiten frei`),
    legend: { free: "Frei", few: "Wenig frei", full: "Ausgebucht", wait: "Voll, Warteliste" },
  },
});

interface WeeksCalendarProps {
  label: string;
  locale: string;
  value: CalendarDate | null;
  /** The first day of page 0, and the number of the page that is shown first. */
  origin: CalendarDate;
  page: number;
  minValue: CalendarDate;
  maxValue: CalendarDate;
  /**
   * Return a day's number of free slots and of all slots; undefined while they are loading.
   */
  availabilityOf: (date: CalendarDate) => Availability | undefined;
  /** Whether clients can choose a full day, in order to wait for a free time. */
  canWait: boolean;
  onChange: (date: CalendarDate) => void;
  onPage: (page: number) => void;
}

/**
 * Date picker that shows consecutive weeks, regardless of months.
 *
 * It follows the grid pattern of the ARIA Authoring Practices: arrow keys move the focus by a day
 * or a week, Home and End move it to the ends of the week, and Page Up and Page Down move it by a
 * month, or with Shift by a year.
 *
 * React-aria's calendar is not used, because it would take up a tenth of the client's size budget.
 */
export function WeeksCalendar(props: WeeksCalendarProps) {
  const { label, locale, value, origin, minValue, maxValue, onPage } = props;
  const words = useWords(calendarWords);
  const heading = useId();
  const grid = useRef<HTMLTableElement>(null);
  const [movedTo, setMovedTo] = useState(() => value ?? origin.add({ weeks: WEEKS * props.page }));
  // The day may have passed since it got the focus, so that it can no longer be booked.
  const focusedDate = clamp(movedTo, minValue, maxValue);
  const [hasFocus, setHasFocus] = useState(false);
  const page = pageOf(focusedDate, origin);
  // Until the grid has the focus, Tab leads to the selected day.
  const focused = !hasFocus && value && pageOf(value, origin) === page ? value : focusedDate;
  const reportedPage = useRef(props.page);
  const first = origin.add({ weeks: WEEKS * page });
  const last = first.add({ weeks: WEEKS, days: -1 });

  function moveTo(date: CalendarDate): void {
    setMovedTo(clamp(date, minValue, maxValue));
  }

  // A layout effect, because it runs before the browser takes the focus from a day that has passed.
  useLayoutEffect(() => {
    if (hasFocus) grid.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  }, [focused, hasFocus]);
  useEffect(() => {
    if (reportedPage.current === page) return;
    reportedPage.current = page;
    onPage(page);
  });

  function move(event: KeyboardEvent): void {
    const step = stepForKey(event, locale);
    if (!step) return;
    event.preventDefault();
    moveTo(step(focused));
  }

  return (
    <div role="group" aria-label={label} className="grid gap-3">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h2 id={heading} aria-live="polite" className="text-lg first-letter:uppercase">
          {monthsOf(maxDate(first, minValue) ?? first, last, locale)}
        </h2>
        <div className="flex items-center gap-1">
          <button
            type="button"
            onClick={() => moveTo(minValue)}
            className="min-h-9 rounded-sm border border-line bg-panel px-3 text-sm font-semibold shadow-1 hover:bg-sunken pointer-coarse:min-h-11"
          >
            {words.today}
          </button>
          <PageButton
            label={words.previous}
            isDisabled={first.compare(minValue) <= 0}
            onClick={() => moveTo(first.subtract({ weeks: WEEKS }))}
          >
            <Icon name="chevronLeft" className="size-4.5" />
          </PageButton>
          <PageButton
            label={words.next}
            isDisabled={last.compare(maxValue) >= 0}
            onClick={() => moveTo(last.add({ days: 1 }))}
          >
            <Icon name="chevronRight" className="size-4.5" />
          </PageButton>
        </div>
      </div>
      <table
        ref={grid}
        role="grid"
        aria-labelledby={heading}
        onKeyDown={move}
        onFocus={() => setHasFocus(true)}
        onBlur={() => setHasFocus(false)}
        className="w-full table-fixed border-separate border-spacing-1 text-center sm:border-spacing-1.5"
      >
        <Weekdays week={first} locale={locale} />
        <tbody>
          {Array.from({ length: WEEKS }, (_, week) => (
            <tr key={week}>
              {weekStarting(first.add({ weeks: week })).map((date, day) => (
                <Day
                  key={day}
                  {...props}
                  date={date}
                  isNewMonth={date.day === 1 || (week === 0 && day === 0 && page > 0)}
                  isFocused={date.compare(focused) === 0}
                  onFocus={() => setMovedTo(date)}
                  onChoose={() => props.onChange(date)}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Legend canWait={props.canWait} />
    </div>
  );
}

/**
 * Legend of the calendar, hidden from screen readers, because they read out the state of each day.
 */
function Legend({ canWait }: { canWait: boolean }) {
  const words = useWords(calendarWords);
  const swatch = "size-3 rounded-xs border";
  return (
    <ul aria-hidden className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
      <li className="flex items-center gap-1.5">
        <span className="size-2 rounded-full bg-now" />
        {words.today}
      </li>
      <li className="flex items-center gap-1.5">
        <span className={`${swatch} border-transparent bg-soft`} />
        {words.legend.free}
      </li>
      <li className="flex items-center gap-1.5">
        <span className={`${swatch} border-free-line bg-free-bg`} />
        {words.legend.few}
      </li>
      <li className="flex items-center gap-1.5">
        {canWait ? (
          <Icon name="bell" className="size-3.5 text-held" />
        ) : (
          <span className={`${swatch} border-line`} />
        )}
        {canWait ? words.legend.wait : words.legend.full}
      </li>
    </ul>
  );
}

function Weekdays({ week, locale }: { week: CalendarDate; locale: string }) {
  return (
    <thead>
      <tr>
        {weekStarting(week).map((date, day) => (
          <th
            key={day}
            scope="col"
            abbr={formatDate(date, locale, { weekday: "long" })}
            className="h-8 text-sm font-normal text-muted"
          >
            {formatDate(date, locale, { weekday: "short" })}
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface DayProps extends WeeksCalendarProps {
  date: CalendarDate;
  /** Whether to show the name of the month above the number of the day. */
  isNewMonth: boolean;
  isFocused: boolean;
  onFocus: () => void;
  onChoose: () => void;
}

type State = "loading" | "closed" | "full" | "wait" | "few" | "free";

const STATE_CLASSES: Record<State, string> = {
  loading: "text-muted",
  closed: "cursor-default text-faint",
  full: "cursor-default border-line text-muted",
  wait: "border-line text-muted hover:border-accent",
  few: "border-free-line bg-free-bg font-semibold text-accent hover:border-accent",
  free: "bg-soft font-semibold text-accent hover:border-accent",
};

function Day(props: DayProps) {
  const { date, locale, value, minValue, maxValue, isNewMonth, isFocused } = props;
  const words = useWords(calendarWords);
  const isOutside = date.compare(minValue) < 0 || date.compare(maxValue) > 0;
  const found = isOutside ? { all: 0, free: 0 } : props.availabilityOf(date);
  const state = stateOf(found, props.canWait);
  const isSelected = value?.compare(date) === 0;
  const isToday = date.compare(minValue) === 0;
  const isDisabled = state === "closed" || state === "full";
  const told = {
    ...{ loading: "", free: "" },
    ...{
      closed: words.unavailable,
      full: words.full,
      wait: words.wait,
      few: words.few(found?.free ?? 0),
    },
  }[state];
  const name = [formatDate(date, locale, { dateStyle: "full" }), isToday && words.today, told];
  return (
    <td role="gridcell" aria-selected={isSelected} className="p-0">
      <button
        type="button"
        tabIndex={isFocused ? 0 : -1}
        disabled={isOutside}
        aria-disabled={isDisabled || undefined}
        aria-label={name.filter(Boolean).join(", ")}
        data-day={state}
        onFocus={props.onFocus}
        onClick={isDisabled ? undefined : props.onChoose}
        className={`relative flex h-12 w-full flex-col items-center justify-center gap-1 rounded-md border tabular-nums transition-colors sm:h-14 ${isSelected ? "border-accent bg-accent font-semibold text-on-accent" : `border-transparent ${STATE_CLASSES[state]}`}`}
      >
        {isToday && (
          <span
            className={`absolute top-1.5 right-1.5 size-1.5 rounded-full ${isSelected ? "bg-sun" : "bg-now"}`}
          />
        )}
        {isNewMonth && (
          // The month is not rendered as text, because visible text would have to be part of the
          // button's accessible name.
          <span
            data-month={formatDate(date, locale, { month: "short" })}
            className="-mb-1.5 text-[11px]/[12px] font-medium before:content-[attr(data-month)]"
          />
        )}
        {formatDate(date, locale, { day: "numeric" })}
        {state === "wait" && <Icon name="bell" className="size-3.5" />}
        {found !== undefined && found.free > 0 && (
          <FreeBar
            share={found.free / found.all}
            className={isSelected ? "bg-on-accent/30" : "bg-free-line/60"}
          />
        )}
      </button>
    </td>
  );
}

function stateOf(found: Availability | undefined, canWait: boolean): State {
  if (!found) return "loading";
  if (found.all === 0) return "closed";
  if (isFull(found)) return canWait ? "wait" : "full";
  return isScarce(found) ? "few" : "free";
}

interface PageButtonProps {
  label: string;
  isDisabled: boolean;
  onClick: () => void;
  children: ReactNode;
}

function PageButton({ label, isDisabled, onClick, children }: PageButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      disabled={isDisabled}
      onClick={onClick}
      className="grid size-9 pointer-coarse:size-11 place-items-center rounded-sm hover:bg-sunken disabled:opacity-40"
    >
      {children}
    </button>
  );
}
