import { parseAbsolute, parseDate, startOfWeek } from "@internationalized/date";

import { addDays } from "../../time/day.ts";

/** Minutes in a day as the calendar draws it; days of a clock change are drawn like others. */
export const DAY_MINUTES = 1_440;

const USUAL_HOURS = { first: 8, last: 18 };
const SHORT_SESSION_MINUTES = 30;

/** A part of one day: minutes since its midnight, by the clock. */
export interface Segment {
  readonly date: string;
  readonly from: number;
  readonly to: number;
}

interface Timed {
  readonly startsAt: string;
  readonly endsAt: string;
}

/** The days of a view: seven from the first of the week, or one. */
export function datesOf(view: "week" | "day", date: string, locale: string): string[] {
  const day = parseDate(date);
  if (view === "day") return [date];
  const first = startOfWeek(day, locale);
  return Array.from({ length: 7 }, (_, days) => first.add({ days }).toString());
}

/** Return the part of each day that a span of time covers, in a zone; midnight ends a day. */
export function segmentsOf({ startsAt, endsAt }: Timed, zone: string): Segment[] {
  const start = parseAbsolute(startsAt, zone);
  const end = parseAbsolute(endsAt, zone);
  const last = dateIn(endsAt, zone);
  const found: Segment[] = [];
  for (let date = dateIn(startsAt, zone); date <= last; date = addDays(date, 1)) {
    const from = found.length ? 0 : start.hour * 60 + start.minute;
    const to = date === last ? end.hour * 60 + end.minute : DAY_MINUTES;
    if (to > from) found.push({ date, from, to });
  }
  return found;
}

/** Join the parts of one day that touch or overlap. */
export function joined(segments: readonly Segment[]): Segment[] {
  const found: Segment[] = [];
  for (const segment of segments.toSorted((one, other) => one.from - other.from)) {
    const last = found.at(-1);
    if (last && segment.from <= last.to) {
      found[found.length - 1] = { ...last, to: Math.max(last.to, segment.to) };
    } else found.push(segment);
  }
  return found;
}

/** Return the hours to show: those with opening hours or bookings, and one on each side. */
export function hoursShown(segments: readonly Segment[]): { first: number; last: number } {
  if (!segments.length) return USUAL_HOURS;
  const from = Math.min(...segments.map((segment) => segment.from));
  const to = Math.max(...segments.map((segment) => segment.to));
  return {
    first: Math.max(0, Math.floor((from - 30) / 60)),
    last: Math.min(24, Math.ceil((to + 30) / 60)),
  };
}

/** Height of an hour in pixels: a quarter hour must be readable where sessions are that short. */
export function hourHeight(minutes: readonly number[]): number {
  return minutes.some((count) => count < SHORT_SESSION_MINUTES) ? 104 : 56;
}

function dateIn(instant: string, zone: string): string {
  const { year, month, day } = parseAbsolute(instant, zone);
  return [year, String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
}
