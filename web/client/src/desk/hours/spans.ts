import type { Weekday, WeeklyHoursInput } from "../../api/gql/graphql.ts";

/** The days of a week in the order of ISO 8601, Monday first. */
export const WEEKDAYS: readonly Weekday[] = [
  "MONDAY",
  "TUESDAY",
  "WEDNESDAY",
  "THURSDAY",
  "FRIDAY",
  "SATURDAY",
  "SUNDAY",
];

/** Hours of a day as they are being typed: local times such as 09:30; an end of 24:00 ends the day. */
export interface Span {
  /** Names it while it is edited. */
  readonly key: string;
  readonly from: string;
  readonly to: string;
}

export type Week = Readonly<Record<Weekday, readonly Span[]>>;

/** Problems by where they are: the key of what is edited, and its field. */
export type Problems = Readonly<Record<string, string>>;

let count = 0;

/** A name for something that is edited, new each time. */
export function newKey(): string {
  return `k${++count}`;
}

export function spanOf({ from, to }: { readonly from: string; readonly to: string }): Span {
  return { key: newKey(), from, to };
}

/** A span to begin with: after the last of the day, else usual hours. */
export function nextSpan(spans: readonly Span[]): Span {
  const end = spans.reduce((latest, { to }) => (to > latest ? to : latest), "");
  if (!end) return spanOf({ from: "09:00", to: "17:00" });
  const from = Math.min(minuteOf(end) + 60, 23 * 60);
  return spanOf({ from: timeOf(from), to: timeOf(Math.min(from + 180, 24 * 60)) });
}

export function weekOf(hours: readonly WeeklyHoursInput[]): Week {
  const days = WEEKDAYS.map((weekday) => {
    const spans = hours.filter((each) => each.weekday === weekday).map(spanOf);
    return [weekday, spans] as const;
  });
  return Object.fromEntries(days) as unknown as Week;
}

/** A week as the server takes it. */
export function weeklyOf(week: Week): WeeklyHoursInput[] {
  return spansOf(week).map(({ weekday, span: { from, to } }) => ({ weekday, from, to }));
}

/** Every span in the order in which the server gets them: by it a problem is found again. */
export function spansOf(week: Week): { weekday: Weekday; span: Span }[] {
  return WEEKDAYS.flatMap((weekday) => week[weekday].map((span) => ({ weekday, span })));
}

/** Monday's hours for every day to Friday. */
export function withMondayOnWeekdays(week: Week): Week {
  const others = WEEKDAYS.slice(1, 5).map((day) => [day, week.MONDAY.map(spanOf)] as const);
  return { ...week, ...Object.fromEntries(others) };
}

/** A time as the browser's field has it, which knows no 24:00. */
export function inField(time: string): string {
  return time === "24:00" ? "00:00" : time;
}

/** The end of a span from the browser's field: midnight ends the day. */
export function endFrom(field: string): string {
  return field === "00:00" ? "24:00" : field;
}

/** The server's problems with some spans, which it names by their place, for those spans. */
export function problemsOfSpans(
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

/** The times that are not there, which the server could not read. */
export function missingIn(spans: readonly Span[], message: string): Record<string, string> {
  return Object.fromEntries(
    spans.flatMap(({ key, from, to }) => [
      ...(from ? [] : [[`${key}.from`, message]]),
      ...(to ? [] : [[`${key}.to`, message]]),
    ]),
  );
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

function timeOf(minute: number): string {
  const hours = String(Math.floor(minute / 60)).padStart(2, "0");
  return `${hours}:${String(minute % 60).padStart(2, "0")}`;
}
