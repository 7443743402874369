import {
  type CalendarDate,
  endOfMonth,
  maxDate,
  parseDate,
  startOfMonth,
  today,
} from "@internationalized/date";
import { useMemo, useState } from "react";

import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { type Day, isOpen } from "./slots.ts";
import { type Calendar, useCalendar } from "./useCalendar.ts";

interface MonthOptions {
  expertId: string;
  /** One of the expert's session lengths. */
  minutes: number;
  /** How many days ahead slots can be booked. */
  horizonDays: number;
  /** Requested day, such as 2026-11-23; ignored if it is out of range. */
  wanted: string | null;
  /** Instant whose month is shown first if no day is requested. */
  start: string | undefined;
}

/** A month of an expert's live calendar, and its selected day. */
export interface Month {
  readonly calendar: Calendar;
  /** First and last day that can be booked. */
  readonly first: CalendarDate;
  readonly last: CalendarDate;
  /** First day of the month. */
  readonly month: CalendarDate;
  setMonth(month: CalendarDate): void;
  /** Days with a free slot. */
  readonly open: ReadonlySet<string>;
  /** The requested day if it is in the month, otherwise the first day with a free slot. */
  readonly day: Day | undefined;
  /** Current time, rounded down to the minute. */
  readonly minute: number;
}

export function useMonth({ expertId, minutes, horizonDays, wanted, start }: MonthOptions): Month {
  const { zone } = useTimePreferences();
  const formats = useFormats();
  const minute = useNow(60_000);
  const first = today(zone);
  const last = first.add({ days: horizonDays });
  const [chosen, setMonth] = useState(() =>
    startOfMonth(
      dayFrom(wanted, first, last) ?? dayFrom(start && formats.dateOf(start), first, last) ?? first,
    ),
  );
  // Move on when the selected month has ended.
  const month = maxDate(chosen, startOfMonth(first)) ?? chosen;
  const from = maxDate(month, first) ?? first;
  const calendar = useCalendar({
    expertId,
    from: from.toString(),
    count: endOfMonth(month).compare(from) + 1,
    timeZone: zone,
    minutes,
  });
  const { days } = calendar;
  const open = useMemo(
    () => new Set(days.filter((each) => isOpen(each, minute)).map(({ date }) => date)),
    [days, minute],
  );
  const day =
    days.find(({ date }) => date === wanted) ?? days.find(({ date }) => open.has(date)) ?? days[0];
  return { calendar, first, last, month, setMonth, open, day, minute };
}

function dayFrom(
  wanted: string | null | undefined,
  first: CalendarDate,
  last: CalendarDate,
): CalendarDate | null {
  try {
    const date = wanted ? parseDate(wanted) : null;
    return date && date.compare(first) >= 0 && date.compare(last) <= 0 ? date : null;
  } catch {
    return null;
  }
}
