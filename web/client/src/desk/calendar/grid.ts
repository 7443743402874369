import { parseAbsolute, parseDate, startOfWeek } from "@internationalized/date";

import { addDays } from "../../time/day.ts";

/** Minutes in a day of the calendar, which draws days of clock changes like all other days. */
export const DAY_MINUTES = 1_440;

const USUAL_HOURS = { first: 8, last: 18 };
const SHORT_SESSION_MINUTES = 30;

/** A part of one day, in minutes since midnight as a clock shows them. */
export interface Segment {
  readonly date: string;
  readonly from: number;
  readonly to: number;
}

interface Timed {
  readonly startsAt: string;
  readonly endsAt: string;
}

/** Return the dates in a view: all days of the week that contains `date`, or only `date`. */
export function datesOf(view: "week" | "day", date: string, locale: string): string[] {
  const day = parseDate(date);
  if (view === "day") return [date];
  const first = startOfWeek(day, locale);
  return Array.from({ length: 7 }, (_, days) => first.add({ days }).toString());
}

/** Split a span of time into one segment per day; midnight is that of the given time zone. */
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

/** Join segments of the same day that touch or overlap. */
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

/** Return the first and the last hour to show, with at least half an hour around all segments. */
export function hoursShown(segments: readonly Segment[]): { first: number; last: number } {
  if (!segments.length) return USUAL_HOURS;
  const from = Math.min(...segments.map((segment) => segment.from));
  const to = Math.max(...segments.map((segment) => segment.to));
  return {
    first: Math.max(0, Math.floor((from - 30) / 60)),
    last: Math.min(24, Math.ceil((to + 30) / 60)),
  };
}

/** Return the height of an hour in pixels; hours are taller if any session is short. */
export function hourHeight(minutes: readonly number[]): number {
  return minutes.some((count) => count < SHORT_SESSION_MINUTES) ? 104 : 56;
}

function dateIn(instant: string, zone: string): string {
  const { year, month, day } = parseAbsolute(instant, zone);
  return [year, String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
}
