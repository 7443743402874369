import { parseDate } from "@internationalized/date";

/** Return the calendar day in a URL parameter, such as 2026-11-21; undefined if it is invalid. */
export function parseDay(text: string | null): string | undefined {
  try {
    return text ? parseDate(text).toString() : undefined;
  } catch {
    return undefined;
  }
}

/** Return the date that is the given number of days after another date. */
export function addDays(date: string, days: number): string {
  return parseDate(date).add({ days }).toString();
}
