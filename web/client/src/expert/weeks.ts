import {
  type CalendarDate,
  endOfWeek,
  maxDate,
  minDate,
  startOfWeek,
} from "@internationalized/date";
import type { KeyboardEvent } from "react";

import { dateFormat } from "../time/intl.ts";

type Step = (date: CalendarDate) => CalendarDate;

/** Return the step by which a key moves the focus; null for other keys and browser shortcuts. */
export function stepForKey(event: KeyboardEvent, locale: string): Step | null {
  const { key, shiftKey, altKey, ctrlKey, metaKey } = event;
  if (altKey || ctrlKey || metaKey) return null;
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

export function weekStarting(first: CalendarDate): CalendarDate[] {
  return Array.from({ length: 7 }, (_, days) => first.add({ days }));
}

export function clamp(date: CalendarDate, first: CalendarDate, last: CalendarDate): CalendarDate {
  return minDate(maxDate(date, first) ?? date, last);
}

export function formatDate(
  date: CalendarDate,
  locale: string,
  form: Intl.DateTimeFormatOptions,
): string {
  // A calendar day has no time zone, so format it as midnight in UTC.
  const instant = date.toDate("UTC");
  return dateFormat(locale, { ...form, timeZone: "UTC" }).format(instant);
}

/** Return the months that a range of days covers, such as "November – December 2026". */
export function monthsOf(first: CalendarDate, last: CalendarDate, locale: string): string {
  const form = { month: "long", year: "numeric", timeZone: "UTC" } as const;
  return dateFormat(locale, form).formatRange(first.toDate("UTC"), last.toDate("UTC"));
}
