import type { BookingStatus, DeskBookingsQueryVariables } from "../api/gql/graphql.ts";

/** The lists of the desk: what waits for the expert, what comes, and what is over. */
export type DeskList = "requests" | "coming" | "earlier";

/** How many bookings a page of a list has. */
export const PAGE = 20;

const SESSIONS: BookingStatus[] = ["CONFIRMED", "COMPLETED", "NO_SHOW"];

/**
 * What to ask for to get the first page of a list.
 *
 * Today begins the coming sessions, so that those that are over can be completed there. The
 * server's order is the latest start first: the next bookings are the last of those to come.
 *
 * @param today the instant at which the reader's day began.
 */
export function firstPage(
  list: DeskList,
  expertId: string,
  today: string,
): DeskBookingsQueryVariables {
  if (list === "earlier")
    return { filter: { expertId, statuses: SESSIONS, to: today }, first: PAGE };
  const statuses: BookingStatus[] = list === "requests" ? ["PENDING"] : SESSIONS;
  return { filter: { expertId, statuses, from: today }, last: PAGE };
}

interface Listed {
  readonly id: string;
  readonly status: BookingStatus;
  readonly startsAt: string;
}

/** Whether a booking is one of those that `firstPage` asks for. */
export function belongs(list: DeskList, { status, startsAt }: Listed, today: string): boolean {
  const isEarlier = Date.parse(startsAt) < Date.parse(today);
  const statuses = list === "requests" ? ["PENDING"] : SESSIONS;
  return statuses.includes(status) && isEarlier === (list === "earlier");
}

/** The bookings to show of those that were read, each once; the next first, of earlier ones the last. */
export function shown<T extends Listed>(
  list: DeskList,
  edges: readonly { readonly node: T }[],
  today: string,
): T[] {
  const found = new Map<string, T>();
  for (const { node } of edges) if (belongs(list, node, today)) found.set(node.id, node);
  const earliestFirst = [...found.values()].sort(
    (one, other) => Date.parse(one.startsAt) - Date.parse(other.startsAt),
  );
  return list === "earlier" ? earliestFirst.reverse() : earliestFirst;
}

/** What a change of a booking is to its expert: what did somebody else just do? */
export type Tidings = "booked" | "requested" | "moved" | "cancelled";

interface Change {
  readonly from?: BookingStatus | null;
  readonly to: BookingStatus;
  readonly startsAt: string;
  readonly actor?: { readonly id: string } | null;
}

/** What the last step of a booking's history tells its expert; nothing of what they did themselves. */
export function tidingsOf(history: readonly Change[], expertUserId: string): Tidings | undefined {
  const last = history.at(-1);
  const before = history.at(-2);
  if (!last?.actor || last.actor.id === expertUserId) return undefined;
  const wasBooking = last.from === "PENDING" || last.from === "CONFIRMED";
  if (last.to === "CANCELLED") return wasBooking ? "cancelled" : undefined;
  if (last.to !== "PENDING" && last.to !== "CONFIRMED") return undefined;
  if (!wasBooking) return last.to === "PENDING" ? "requested" : "booked";
  return before && before.startsAt !== last.startsAt ? "moved" : undefined;
}
