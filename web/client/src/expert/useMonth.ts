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
import { type Day, hasFreeSlot } from "./slots.ts";
import { type Calendar, useCalendar } from "./useCalendar.ts";

interface MonthOptions {
  expertId: string;
  /** One of the expert's session lengths. */
  minutes: number;
  /** How many days ahead slots can be booked. */
  horizonDays: number;
  /** Requested day, such as 2026-11-23; ignored if it is out of range. */
  requestedDay: string | null;
  /** Instant whose month is shown first if no day is requested. */
  initialInstant: string | undefined;
}

/** A month of an expert's live calendar, and its selected day. */
export interface Month {
  readonly calendar: Calendar;
  /** First and last day that can be booked. */
  readonly firstDay: CalendarDate;
  readonly lastDay: CalendarDate;
  /** First day of the month. */
  readonly firstOfMonth: CalendarDate;
  setMonth: (month: CalendarDate) => void;
  /** Days with a free slot. */
  readonly openDays: ReadonlySet<string>;
  /** The requested day if it is in the month, otherwise the first day with a free slot. */
  readonly selectedDay: Day | undefined;
  /** Current time, rounded down to the minute. */
  readonly now: number;
}

export function useMonth({
  expertId,
  minutes,
  horizonDays,
  requestedDay,
  initialInstant,
}: MonthOptions): Month {
  const { zone } = useTimePreferences();
  const formats = useFormats();
  const now = useNow(60_000);
  const firstDay = today(zone);
  const lastDay = firstDay.add({ days: horizonDays });
  const [selectedMonth, setMonth] = useState(() =>
    startOfMonth(
      parseDay(requestedDay, firstDay, lastDay) ??
        parseDay(initialInstant && formats.dateOf(initialInstant), firstDay, lastDay) ??
        firstDay,
    ),
  );
  // Move on when the selected month has ended.
  const firstOfMonth = maxDate(selectedMonth, startOfMonth(firstDay)) ?? selectedMonth;
  const from = maxDate(firstOfMonth, firstDay) ?? firstDay;
  const calendar = useCalendar({
    expertId,
    from: from.toString(),
    count: endOfMonth(firstOfMonth).compare(from) + 1,
    timeZone: zone,
    minutes,
  });
  const { days } = calendar;
  const openDays = useMemo(
    () => new Set(days.filter((each) => hasFreeSlot(each, now)).map(({ date }) => date)),
    [days, now],
  );
  const selectedDay =
    days.find(({ date }) => date === requestedDay) ??
    days.find(({ date }) => openDays.has(date)) ??
    days[0];
  return { calendar, firstDay, lastDay, firstOfMonth, setMonth, openDays, selectedDay, now };
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
