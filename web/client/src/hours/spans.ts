import type { Weekday, WeeklyHoursInput } from "../api/gql/graphql.ts";
import type { Problems } from "../ui/problems.ts";

/** Weekdays in the order of ISO 8601, Monday first. */
export const WEEKDAYS: readonly Weekday[] = [
  "MONDAY",
  "TUESDAY",
  "WEDNESDAY",
  "THURSDAY",
  "FRIDAY",
  "SATURDAY",
  "SUNDAY",
];

/** A time range of a day, as typed: local times such as 09:30, or 24:00 for the end of the day. */
export interface Span {
  /** React key, which stays the same while the range is edited. */
  readonly key: string;
  readonly from: string;
  readonly to: string;
}

export type Week = Readonly<Record<Weekday, readonly Span[]>>;

let count = 0;

/** Return a new unique key for an edited item. */
export function newKey(): string {
  return `k${++count}`;
}

export function toSpan({ from, to }: { readonly from: string; readonly to: string }): Span {
  return { key: newKey(), from, to };
}

/**
 * Suggest a time range to add: one after the day's last range, or common office hours if the day
 * has no range.
 */
export function suggestSpan(spans: readonly Span[]): Span {
  const end = spans.reduce((latest, { to }) => (to > latest ? to : latest), "");
  if (!end) return toSpan({ from: "09:00", to: "17:00" });
  const from = Math.min(parseMinute(end) + 60, 23 * 60);
  return toSpan({ from: formatMinute(from), to: formatMinute(Math.min(from + 180, 24 * 60)) });
}

export function toWeek(hours: readonly WeeklyHoursInput[]): Week {
  const days = WEEKDAYS.map((weekday) => {
    const spans = hours.filter((each) => each.weekday === weekday).map(toSpan);
    return [weekday, spans] as const;
  });
  return Object.fromEntries(days) as unknown as Week;
}

/** Convert a week's ranges to the input of the mutation that saves them. */
export function toWeeklyInput(week: Week): WeeklyHoursInput[] {
  return allSpans(week).map(({ weekday, span: { from, to } }) => ({ weekday, from, to }));
}

/**
 * Return all ranges of a week in the order in which they are sent.
 *
 * The paths of the server's problems, such as `weekly.3.from`, contain indexes into this list.
 */
export function allSpans(week: Week): { weekday: Weekday; span: Span }[] {
  return WEEKDAYS.flatMap((weekday) => week[weekday].map((span) => ({ weekday, span })));
}

/** Copy Monday's hours to Tuesday through Friday. */
export function copyMondayToWeekdays(week: Week): Week {
  const others = WEEKDAYS.slice(1, 5).map((day) => [day, week.MONDAY.map(toSpan)] as const);
  return { ...week, ...Object.fromEntries(others) };
}

/** Convert a time for `<input type="time">`, which does not accept 24:00. */
export function toFieldTime(time: string): string {
  return time === "24:00" ? "00:00" : time;
}

/** Convert the value of an end field, in which 00:00 means the end of the day. */
export function fromFieldEnd(field: string): string {
  return field === "00:00" ? "24:00" : field;
}

/**
 * Return the server's problems with time ranges, keyed by the ranges' React keys.
 *
 * The server identifies each range by its index in `spans`.
 */
export function mapSpanProblems(
  problems: Problems,
  path: string,
  spans: readonly Span[],
): Record<string, string> {
  const found: Record<string, string> = {};
  spans.forEach(({ key }, index) => {
    for (const bound of ["from", "to"]) {
      const message = problems[`${path}.${index}.${bound}`];
      if (message) found[`${key}.${bound}`] = message;
    }
  });
  return found;
}

/** Return a message for each empty time, because the server could not parse an empty time. */
export function findMissingTimes(spans: readonly Span[], message: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { key, from, to } of spans) {
    if (!from) found[`${key}.from`] = message;
    if (!to) found[`${key}.to`] = message;
  }
  return found;
}

function parseMinute(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

function formatMinute(minute: number): string {
  const hours = String(Math.floor(minute / 60)).padStart(2, "0");
  return `${hours}:${String(minute % 60).padStart(2, "0")}`;
}
