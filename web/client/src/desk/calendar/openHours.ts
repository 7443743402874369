import {
  CalendarDate,
  parseDate,
  Time,
  toCalendarDateTime,
  toZoned,
} from "@internationalized/date";

import type { HoursFragment } from "../../api/gql/graphql.ts";
import { joined, type Segment, segmentsOf } from "./grid.ts";

/** Beginning and end as local times; an end that is not after the beginning is on the next day. */
interface LocalHours {
  readonly from: string;
  readonly to: string;
}

type Availability = Pick<HoursFragment["availability"], "weekly" | "overrides">;

const WEEKDAYS = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

/** Segments of days in which the expert has hours, keyed by date. */
export type Segments = ReadonlyMap<string, readonly Segment[]>;

/** Return an expert's hours on a date: those of an override or, without one, the weekly hours. */
export function hoursOn({ weekly, overrides }: Availability, date: string): readonly LocalHours[] {
  const weekday = WEEKDAYS[parseDate(date).toDate("UTC").getUTCDay()];
  return (
    overrides.find((override) => override.date === date)?.hours ??
    weekly.filter((hours) => hours.weekday === weekday)
  );
}

/**
 * Return an expert's hours on the given days, converted to the reader's time zone.
 *
 * @param zone the time zone of the expert's hours.
 * @param dates days in the reader's time zone.
 */
export function openSegments(
  availability: Availability,
  zone: string,
  dates: readonly string[],
  readersZone: string,
): Map<string, Segment[]> {
  const found = new Map<string, Segment[]>(dates.map((date) => [date, []]));
  const [first, last] = [dates[0], dates.at(-1)];
  if (!first || !last) return found;
  // Time zones differ by up to 26 hours, and hours may end on the next day.
  const until = parseDate(last).add({ days: 2 });
  for (
    let day = parseDate(first).subtract({ days: 3 });
    day.compare(until) <= 0;
    day = day.add({ days: 1 })
  ) {
    for (const { from, to } of hoursOn(availability, day.toString())) {
      const startsAt = instantOf(day, from, zone);
      const endsAt = instantOf(to > from ? day : day.add({ days: 1 }), to, zone);
      for (const segment of segmentsOf({ startsAt, endsAt }, readersZone)) {
        found.get(segment.date)?.push(segment);
      }
    }
  }
  for (const [date, segments] of found) found.set(date, joined(segments));
  return found;
}

/** Return the instant of a local time on a day; 24:00 is the end of the day. */
function instantOf(day: CalendarDate, time: string, zone: string): string {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  const local =
    hour === 24
      ? toCalendarDateTime(day.add({ days: 1 }))
      : toCalendarDateTime(day, new Time(hour, minute));
  return toZoned(local, zone).toDate().toISOString();
}
