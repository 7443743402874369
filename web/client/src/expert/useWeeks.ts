import { type CalendarDate, parseDate, startOfWeek, today } from "@internationalized/date";
import { useMemo, useState } from "react";

import { useText } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { type Availability, availabilityOf } from "./days.ts";
import type { Day } from "./slots.ts";
import { type Calendar, useCalendar } from "./useCalendar.ts";

/** Number of weeks on a page of the calendar. */
export const WEEKS = 6;

interface WeeksOptions {
  expertId: string;
  /** One of the expert's session lengths, in minutes. */
  minutes: number;
  /** Number of days from today for which sessions can be booked. */
  horizonDays: number;
  /** Requested day, such as 2026-11-23; ignored if it is out of range. */
  requestedDay: string | null;
  /** Instant whose day is shown first if no day is requested. */
  initialInstant: string | undefined;
}

/** Several weeks of an expert's live calendar, and the selected day. */
export interface Weeks {
  readonly calendar: Calendar;
  /** First and last day that can be booked. */
  readonly firstDay: CalendarDate;
  readonly lastDay: CalendarDate;
  /** First day of the week that contains `firstDay`. */
  readonly origin: CalendarDate;
  /** Number of the page of weeks that is shown; page 0 begins with `origin`. */
  readonly page: number;
  setPage: (page: number) => void;
  /**
   * Numbers of free and of all upcoming slots, keyed by day; contains only days that have loaded.
   */
  readonly availability: ReadonlyMap<string, Availability>;
  /**
   * The requested day if it is shown, otherwise the first day with a free slot, or the first day if
   * no slot is free.
   */
  readonly selectedDay: Day | undefined;
  /** Current time, rounded down to the minute. */
  readonly now: number;
}

export function useWeeks({
  expertId,
  minutes,
  horizonDays,
  requestedDay,
  initialInstant,
}: WeeksOptions): Weeks {
  const { locale } = useText();
  const { zone } = useTimePreferences();
  const formats = useFormats();
  const now = useNow(60_000);
  const firstDay = today(zone);
  const lastDay = firstDay.add({ days: horizonDays });
  const origin = startOfWeek(firstDay, locale);
  const [page, setPage] = useState(() =>
    pageOf(
      parseDay(requestedDay, firstDay, lastDay) ??
        parseDay(initialInstant && formats.dateOf(initialInstant), firstDay, lastDay) ??
        firstDay,
      origin,
    ),
  );
  const start = origin.add({ weeks: page * WEEKS });
  const from = start.compare(firstDay) < 0 ? firstDay : start;
  const last = start.add({ weeks: WEEKS, days: -1 });
  const end = last.compare(lastDay) < 0 ? last : lastDay;
  const calendar = useCalendar({
    expertId,
    from: from.toString(),
    count: Math.max(1, end.compare(from) + 1),
    timeZone: zone,
    minutes,
  });
  const { days } = calendar;
  const availability = useMemo(
    () => new Map(days.map((each) => [each.date, availabilityOf(each, now)])),
    [days, now],
  );
  const selectedDay =
    days.find(({ date }) => date === requestedDay) ??
    days.find(({ date }) => availability.get(date)?.free) ??
    days[0];
  return { calendar, firstDay, lastDay, origin, page, setPage, availability, selectedDay, now };
}

/** Return the number of the calendar page that shows a day. */
export function pageOf(date: CalendarDate, origin: CalendarDate): number {
  return Math.max(0, Math.floor(date.compare(origin) / (7 * WEEKS)));
}

function parseDay(
  text: string | null | undefined,
  firstDay: CalendarDate,
  lastDay: CalendarDate,
): CalendarDate | null {
  try {
    const date = text ? parseDate(text) : null;
    return date && date.compare(firstDay) >= 0 && date.compare(lastDay) <= 0 ? date : null;
  } catch {
    return null;
  }
}
