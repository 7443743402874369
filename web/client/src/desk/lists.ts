import type {
  BookingFilter,
  BookingStatus,
  DeskBookingsQueryVariables,
} from "../api/gql/graphql.ts";
import { isMove } from "../bookings/lists.ts";

/** The lists on an expert's desk: open requests, upcoming sessions and past sessions. */
export type DeskList = "requests" | "upcoming" | "past";

/** Bookings per page. */
export const PAGE_SIZE = 20;

const SESSIONS: BookingStatus[] = ["CONFIRMED", "COMPLETED", "NO_SHOW"];
const IN_CALENDAR: BookingStatus[] = ["HELD", "PENDING", ...SESSIONS];
const MAX_SESSION_MS = 8 * 3_600_000;

/**
 * Return the query variables for the first page of a list.
 *
 * The upcoming list begins with the first session of today, so that a session that ended today can
 * be marked as completed there. The server sorts by start, latest first, so the next upcoming
 * bookings are at the end.
 *
 * @param today the instant at which the reader's day began.
 */
export function firstPageVariables(
  list: DeskList,
  expertId: string,
  today: string,
): DeskBookingsQueryVariables {
  if (list === "past")
    return { filter: { expertId, statuses: SESSIONS, to: today }, first: PAGE_SIZE };
  const statuses: BookingStatus[] = list === "requests" ? ["PENDING"] : SESSIONS;
  return { filter: { expertId, statuses, from: today }, last: PAGE_SIZE };
}

/** Return the query variables for the bookings that may overlap the days of the calendar. */
export function calendarVariables(
  expertId: string,
  from: Date,
  to: Date,
): DeskBookingsQueryVariables {
  const since = new Date(from.getTime() - MAX_SESSION_MS);
  const filter = { expertId, from: since.toISOString(), to: to.toISOString() };
  return { filter: { ...filter, statuses: IN_CALENDAR }, first: 100 };
}

interface Listed {
  readonly id: string;
  readonly status: BookingStatus;
  readonly startsAt: string;
}

/** Return whether a booking has one of a filter's statuses and starts in the filter's time span. */
export function matchesFilter(filter: BookingFilter, { status, startsAt }: Listed): boolean {
  const start = Date.parse(startsAt);
  return (
    (filter.statuses?.includes(status) ?? true) &&
    (!filter.from || start >= Date.parse(filter.from)) &&
    (!filter.to || start < Date.parse(filter.to))
  );
}

/**
 * Return those of the loaded bookings that a list shows, without duplicates, in the list's order.
 *
 * A booking that has changed since it was loaded is left out if it no longer matches the filter.
 */
export function visibleBookings<T extends Listed>(
  { filter, last }: DeskBookingsQueryVariables,
  edges: readonly { readonly node: T }[],
): T[] {
  const found = new Map(
    edges
      .filter(({ node }) => matchesFilter(filter ?? {}, node))
      .map(({ node }) => [node.id, node]),
  );
  const earliestFirst = [...found.values()].sort(
    (one, other) => Date.parse(one.startsAt) - Date.parse(other.startsAt),
  );
  // A list that is loaded from its end shows the next booking first.
  return last ? earliestFirst : earliestFirst.reverse();
}

/** Kinds of changes by other people that are announced to the expert of a booking. */
export type Announcement = "booked" | "requested" | "moved" | "cancelled";

interface Change {
  readonly from?: BookingStatus | null;
  readonly to: BookingStatus;
  readonly startsAt: string;
  readonly actor?: { readonly id: string } | null;
}

/** Return the announcement of the last change; undefined if no other person made the change. */
export function announcementFor(
  history: readonly Change[],
  expertUserId: string,
): Announcement | undefined {
  const last = history.at(-1);
  if (!last?.actor || last.actor.id === expertUserId) return undefined;
  const wasBooking = last.from === "PENDING" || last.from === "CONFIRMED";
  if (last.to === "CANCELLED") return wasBooking ? "cancelled" : undefined;
  if (last.to !== "PENDING" && last.to !== "CONFIRMED") return undefined;
  if (!wasBooking) return last.to === "PENDING" ? "requested" : "booked";
  return isMove(last) ? "moved" : undefined;
}
