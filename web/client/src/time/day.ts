import { parseDate } from "@internationalized/date";

/** Return a calendar day, such as 2026-11-21, of an address; undefined if it is none. */
export function parseDay(text: string | null): string | undefined {
  try {
    return text ? parseDate(text).toString() : undefined;
  } catch {
    return undefined;
  }
}

/** Return the date some days later. */
export function addDays(date: string, days: number): string {
  return parseDate(date).add({ days }).toString();
}
