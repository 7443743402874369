import type { BookingStatus, DeskBookingsQueryVariables } from "../api/gql/graphql.ts";
import { isMove } from "../bookings/lists.ts";

/** The desk's lists: open requests, upcoming sessions and past sessions. */
export type DeskList = "requests" | "upcoming" | "past";

/** Bookings per page. */
export const PAGE_SIZE = 20;

const SESSIONS: BookingStatus[] = ["CONFIRMED", "COMPLETED", "NO_SHOW"];

/**
 * Return the query variables for the first page of a list.
 *
 * The upcoming list starts at midnight, so that sessions of today can still be completed there. The
 * server sorts by start, latest first, so the next upcoming bookings are at the end.
 *
 * @param today start of the reader's day, as an instant.
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

interface Listed {
  readonly id: string;
  readonly status: BookingStatus;
  readonly startsAt: string;
}

/** Return whether a booking matches the filter of `firstPageVariables`. */
export function matchesList(list: DeskList, { status, startsAt }: Listed, today: string): boolean {
  const isPast = Date.parse(startsAt) < Date.parse(today);
  const statuses = list === "requests" ? ["PENDING"] : SESSIONS;
  return statuses.includes(status) && isPast === (list === "past");
}

/**
 * Return the loaded bookings to show, without duplicates: next first; in the past list latest
 * first.
 */
export function visibleBookings<T extends Listed>(
  list: DeskList,
  edges: readonly { readonly node: T }[],
  today: string,
): T[] {
  const found = new Map<string, T>();
  for (const { node } of edges) if (matchesList(list, node, today)) found.set(node.id, node);
  const earliestFirst = [...found.values()].sort(
    (one, other) => Date.parse(one.startsAt) - Date.parse(other.startsAt),
  );
  return list === "past" ? earliestFirst.reverse() : earliestFirst;
}

/** Another person's change of a booking, as announced to its expert. */
export type Announcement = "booked" | "requested" | "moved" | "cancelled";

interface Change {
  readonly from?: BookingStatus | null;
  readonly to: BookingStatus;
  readonly startsAt: string;
  readonly actor?: { readonly id: string } | null;
}

/** Return what to announce after the last history entry; nothing for the expert's own changes. */
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
