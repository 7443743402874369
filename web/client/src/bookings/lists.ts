import type { BookingStatus, BookingsQueryVariables } from "../api/gql/graphql.ts";

/** The lists that the page has, in the order of its tabs. */
export const VIEWS = ["coming", "past", "cancelled"] as const;

export type View = (typeof VIEWS)[number];

/** How many bookings a page of a list has. */
export const PAGE = 10;

/** The most that the server answers at once. */
export const MOST = 100;

/** In milliseconds. */
export const DAY = 86_400_000;

const LONGEST_SESSION = 8 * 3_600_000;
const STANDING: BookingStatus[] = ["HELD", "PENDING", "CONFIRMED", "COMPLETED", "NO_SHOW"];
const CALLED_OFF: BookingStatus[] = ["CANCELLED", "EXPIRED"];

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

/** The list that an address names; the coming bookings unless it names another. */
export function viewFrom(name: string | null): View {
  return VIEWS.find((view) => view === name) ?? "coming";
}

/**
 * What to ask for to get the first page of a list.
 *
 * The server's order is the latest start first: the next bookings are the last of those to come.
 * The spans are of whole days, so that a list keeps its name in the cache, and overlap by one:
 * which bookings of that day are over, `shown` decides.
 */
export function firstPage(view: View, now: number): BookingsQueryVariables {
  const today = Math.floor(now / DAY) * DAY;
  if (view === "coming") {
    const from = instant(today - LONGEST_SESSION);
    return { filter: { mine: true, statuses: STANDING, from }, last: PAGE };
  }
  if (view === "past") {
    const to = instant(today + DAY);
    return { filter: { mine: true, statuses: STANDING, to }, first: PAGE };
  }
  return { filter: { mine: true, statuses: CALLED_OFF }, first: PAGE };
}

/** Whether a booking is one of those that `firstPage` asks for. */
export function belongs(view: View, { status, startsAt }: Listed, now: number): boolean {
  const { statuses, from, to } = firstPage(view, now).filter ?? {};
  const start = Date.parse(startsAt);
  return Boolean(
    statuses?.includes(status) &&
    (!from || start >= Date.parse(from)) &&
    (!to || start < Date.parse(to)),
  );
}

/**
 * The bookings to show of those that were read, each once.
 *
 * One that was called off meanwhile stays where it is until the list is read anew, so that nothing
 * vanishes under the reader's eyes; one whose session is over moves on.
 */
export function shown<T extends Listed>(view: View, edges: readonly Edge<T>[], now: number): T[] {
  const found = new Map<string, T>();
  for (const { node } of edges) {
    const isOver = Date.parse(node.endsAt) <= now;
    const isHere = view === "cancelled" || isOver === (view === "past");
    if (isHere) found.set(node.id, node);
  }
  const latestFirst = [...found.values()].sort((one, other) => startOf(other) - startOf(one));
  return view === "coming" ? latestFirst.reverse() : latestFirst;
}

/**
 * A list with a booking that is new to it, in its place by the start, the latest first.
 *
 * Beyond what was read it is left out: there it comes with the next page.
 */
export function withBooking<T extends Listed, C extends Connection<T>>(list: C, node: T): C {
  const { edges, pageInfo } = list;
  if (edges.some((edge) => edge.node.id === node.id)) return list;
  const later = edges.findIndex((edge) => startOf(edge.node) <= startOf(node));
  const at = later < 0 ? edges.length : later;
  if (at === 0 && pageInfo.hasPreviousPage) return list;
  if (at === edges.length && pageInfo.hasNextPage) return list;
  const edge = { __typename: "BookingEdge", cursor: "", node };
  return { ...list, edges: [...edges.slice(0, at), edge, ...edges.slice(at)] };
}

function startOf({ startsAt }: Listed): number {
  return Date.parse(startsAt);
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
