import type { BookingStatus, BookingsQueryVariables } from "../api/gql/graphql.ts";

/** The lists of bookings on the page `/bookings`, in the order of its tabs. */
export const VIEWS = ["coming", "past", "cancelled"] as const;

export type View = (typeof VIEWS)[number];

/** Bookings per page. */
export const PAGE_SIZE = 10;

/** Maximum page size that the server accepts. */
export const MAX_PAGE_SIZE = 100;

/** One day, in milliseconds. */
export const DAY_MS = 86_400_000;

const MAX_SESSION_MS = 8 * 3_600_000;
const STANDING: BookingStatus[] = ["HELD", "PENDING", "CONFIRMED", "COMPLETED", "NO_SHOW"];
const CANCELLED: BookingStatus[] = ["CANCELLED", "EXPIRED"];

interface Listed {
  readonly id: string;
  readonly status: BookingStatus;
  readonly startsAt: string;
  readonly endsAt: string;
}

interface Edge<T> {
  readonly cursor: string;
  readonly node: T;
}

interface Connection<T> {
  readonly edges: readonly Edge<T>[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
}

/** Return the list with the name that the URL gives, by default the upcoming bookings. */
export function parseView(name: string | null): View {
  return VIEWS.find((view) => view === name) ?? "coming";
}

/**
 * Return the query variables for the first page of a list.
 *
 * The server sorts by start, latest first, so the next upcoming bookings are at the end. The time
 * limits in the filters change only once a day, which keeps the cache keys stable. The results for
 * "coming" and "past" therefore overlap, and `visibleBookings` decides which sessions have ended.
 */
export function firstPageVariables(view: View, now: number): BookingsQueryVariables {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  if (view === "coming") {
    const from = instant(today - MAX_SESSION_MS);
    return { filter: { mine: true, statuses: STANDING, from }, last: PAGE_SIZE };
  }
  if (view === "past") {
    const to = instant(today + DAY_MS);
    return { filter: { mine: true, statuses: STANDING, to }, first: PAGE_SIZE };
  }
  return { filter: { mine: true, statuses: CANCELLED }, first: PAGE_SIZE };
}

/** Return whether a booking matches the filter that `firstPageVariables` returns for a list. */
export function matchesList(view: View, { status, startsAt }: Listed, now: number): boolean {
  const { statuses, from, to } = firstPageVariables(view, now).filter ?? {};
  const start = Date.parse(startsAt);
  return Boolean(
    statuses?.includes(status) &&
    (!from || start >= Date.parse(from)) &&
    (!to || start < Date.parse(to)),
  );
}

/**
 * Return those of the loaded bookings that a list shows, without duplicates.
 *
 * A booking that has been cancelled since it was loaded stays in the list until the next refetch,
 * so that it does not vanish while the user looks at it. When its session ends, a booking leaves
 * the upcoming list.
 */
export function visibleBookings<T extends Listed>(
  view: View,
  edges: readonly Edge<T>[],
  now: number,
): T[] {
  const found = new Map<string, T>();
  for (const { node } of edges) {
    const isOver = Date.parse(node.endsAt) <= now;
    const isHere = view === "cancelled" || isOver === (view === "past");
    if (isHere) found.set(node.id, node);
  }
  const latestFirst = [...found.values()].sort((one, other) => startTime(other) - startTime(one));
  return view === "coming" ? latestFirst.reverse() : latestFirst;
}

/**
 * Insert a new booking into a list sorted by start, latest first.
 *
 * Do not insert a booking that belongs on a page that is not loaded: that page will contain it.
 */
export function insertBooking<T extends Listed, C extends Connection<T>>(list: C, node: T): C {
  const { edges, pageInfo } = list;
  if (edges.some((edge) => edge.node.id === node.id)) return list;
  const index = edges.findIndex((edge) => startTime(edge.node) <= startTime(node));
  const at = index < 0 ? edges.length : index;
  if (at === 0 && pageInfo.hasPreviousPage) return list;
  if (at === edges.length && pageInfo.hasNextPage) return list;
  const edge = { __typename: "BookingEdge", cursor: "", node };
  return { ...list, edges: [...edges.slice(0, at), edge, ...edges.slice(at)] };
}

function startTime({ startsAt }: Listed): number {
  return Date.parse(startsAt);
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

interface Step {
  readonly from?: BookingStatus | null;
  readonly to: BookingStatus;
}

/** Return whether a step of a booking's history moved the booking or changed its length. */
export function isMove({ from, to }: Step): boolean {
  const isConfirmation = from === "PENDING" && to === "CONFIRMED";
  return isBooked(from) && isBooked(to) && !isConfirmation;
}

function isBooked(status: BookingStatus | null | undefined): boolean {
  return status === "PENDING" || status === "CONFIRMED";
}
