import { type CalendarDate, parseDate, Time, toCalendarDateTime } from "@internationalized/date";

/** Parts of a day, with the hours at which they begin and end. */
const PARTS = { morning: [0, 12], afternoon: [12, 17], evening: [17, 24] } as const;

/** Sessions start on the quarter hour. */
const CELL_MS = 15 * 60_000;

export type Part = keyof typeof PARTS;
export const ALL_PARTS = Object.keys(PARTS) as readonly Part[];

/** Times between which a session may start: `from` inclusive, `to` exclusive. */
export interface Window {
  readonly from: string;
  readonly to: string;
}

/** Return the time windows for the given parts of a day; adjacent parts form one window. */
export function windowsOf(date: string, zone: string, parts: ReadonlySet<Part>): Window[] {
  const day = parseDate(date);
  const windows: Window[] = [];
  for (const part of ALL_PARTS.filter((each) => parts.has(each))) {
    const [from, to] = PARTS[part].map((hour) => instant(day, hour, zone)) as [string, string];
    const last = windows.at(-1);
    if (last?.to === from) windows[windows.length - 1] = { from: last.from, to };
    else windows.push({ from, to });
  }
  return windows;
}

/**
 * Return the time window that contains a single start time, which is the given full hour of a day.
 */
export function windowAt(date: string, zone: string, hour: number): Window {
  const from = instant(parseDate(date), hour, zone);
  return { from, to: new Date(Date.parse(from) + CELL_MS).toISOString() };
}

/** Return the parts of a day that contain at least one of the given instants. */
export function partsOf(instants: readonly string[], date: string, zone: string): Part[] {
  return ALL_PARTS.filter((part) => {
    const [window] = windowsOf(date, zone, new Set([part]));
    return window && instants.some((at) => overlaps(window, { from: at, to: at }));
  });
}

/** Return whether two time windows overlap; a window with equal ends counts as an instant. */
export function overlaps(one: Window, other: Window): boolean {
  const [from, to, start, end] = [one.from, one.to, other.from, other.to].map(Date.parse) as [
    number,
    number,
    number,
    number,
  ];
  return start < to && (from < end || from === start);
}

function instant(day: CalendarDate, hour: number, zone: string): string {
  const at = hour === 24 ? day.add({ days: 1 }) : toCalendarDateTime(day, new Time(hour));
  return at.toDate(zone).toISOString();
}
