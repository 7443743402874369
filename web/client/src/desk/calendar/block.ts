import type { DateOverrideInput, HoursFragment } from "../../api/gql/graphql.ts";
import { addDays } from "../../time/day.ts";
import { DAY_MINUTES, segmentsOf } from "./grid.ts";
import { hoursOn } from "./openHours.ts";

type Availability = Pick<HoursFragment["availability"], "weekly" | "overrides">;

/** Local times to block on each day from `first` to `last`; 24:00 is the end of the day. */
export interface Block {
  readonly first: string;
  readonly last: string;
  readonly from: string;
  readonly to: string;
}

/** Span in minutes since midnight of a day; an end after 1,440 minutes is on the next day. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Return all overrides of an expert's hours after the given time is blocked.
 *
 * A day whose hours change gets an override with the hours that remain. If hours that began on the
 * day before continue into the blocked time, the overlap is removed from them, too.
 */
export function blockTime(availability: Availability, block: Block): DateOverrideInput[] {
  const changed = new Map<string, Range[]>();
  const cut = { from: minuteOf(block.from), to: minuteOf(block.to) };
  const rangesOn = (day: string) => changed.get(day) ?? hoursOn(availability, day).map(rangeOf);

  function cutOut(day: string, { from, to }: Range): void {
    const before = rangesOn(day);
    const left = before.flatMap((range) => without(range, { from, to }));
    if (JSON.stringify(left) === JSON.stringify(before)) return;
    changed.set(
      day,
      left.filter((range) => range.from < DAY_MINUTES),
    );
    // If the rest of a day's hours begins after midnight, it becomes hours of the next day.
    const late = left.filter((range) => range.from >= DAY_MINUTES);
    if (!late.length) return;
    const next = addDays(day, 1);
    changed.set(next, [...late.map((range) => shifted(range, -DAY_MINUTES)), ...rangesOn(next)]);
  }

  for (let date = block.first; date <= block.last; date = addDays(date, 1)) {
    cutOut(addDays(date, -1), shifted(cut, DAY_MINUTES));
    cutOut(date, cut);
  }
  const kept = overridesOf(availability).filter(({ date }) => !changed.has(date));
  const added = [...changed].map(([date, ranges]) => ({ date, hours: ranges.map(hoursOf) }));
  return [...kept, ...added].sort((one, other) => one.date.localeCompare(other.date));
}

/** Return the overrides of an availability as input for the mutation, earliest first. */
export function overridesOf({ overrides }: Availability): DateOverrideInput[] {
  return overrides
    .map(({ date, hours }) => ({ date, hours: hours.map(({ from, to }) => ({ from, to })) }))
    .sort((one, other) => one.date.localeCompare(other.date));
}

/** Return whether a booking overlaps blocked time; `zone` is the time zone of the hours. */
export function isInBlock(
  booking: { readonly startsAt: string; readonly minutes: number },
  { first, last, from, to }: Block,
  zone: string,
): boolean {
  const end = Date.parse(booking.startsAt) + booking.minutes * 60_000;
  const timed = { startsAt: booking.startsAt, endsAt: new Date(end).toISOString() };
  return segmentsOf(timed, zone).some(
    (segment) =>
      segment.date >= first &&
      segment.date <= last &&
      segment.from < minuteOf(to) &&
      segment.to > minuteOf(from),
  );
}

function shifted({ from, to }: Range, minutes: number): Range {
  return { from: from + minutes, to: to + minutes };
}

/** Return the parts of `range` that are outside of `cut`. */
function without(range: Range, cut: Range): Range[] {
  return [
    { from: range.from, to: Math.min(range.to, cut.from) },
    { from: Math.max(range.from, cut.to), to: range.to },
  ].filter(({ from, to }) => from < to);
}

function rangeOf({ from, to }: { readonly from: string; readonly to: string }): Range {
  const [start, end] = [minuteOf(from), minuteOf(to)];
  return { from: start, to: end > start ? end : end + DAY_MINUTES };
}

function hoursOf({ from, to }: Range): { from: string; to: string } {
  return { from: timeOf(from), to: to > DAY_MINUTES ? timeOf(to - DAY_MINUTES) : timeOf(to) };
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

function timeOf(minute: number): string {
  const two = (count: number) => String(count).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
