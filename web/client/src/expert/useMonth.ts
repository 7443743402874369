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
  /** A length that the expert offers. */
  minutes: number;
  /** How many days ahead can be booked. */
  horizonDays: number;
  /** The day that is asked for, such as 2026-11-23; one that cannot be had is not counted. */
  wanted: string | null;
  /** The instant in whose month to begin where no day is asked for. */
  start: string | undefined;
}

/** A month of an expert's live calendar, and the day of it that is shown. */
export interface Month {
  readonly calendar: Calendar;
  /** The first and the last day that can be booked. */
  readonly first: CalendarDate;
  readonly last: CalendarDate;
  /** The first day of the month. */
  readonly month: CalendarDate;
  setMonth(month: CalendarDate): void;
  /** The days with something free. */
  readonly open: ReadonlySet<string>;
  /** The wanted day where it is in the month, else the first with something free. */
  readonly day: Day | undefined;
  /** Now, to the minute. */
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
  // At the end of a month's last day the one that is shown is over.
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
