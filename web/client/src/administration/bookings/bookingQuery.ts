import { parseDate } from "@internationalized/date";

import type { BookingFilter, BookingStatus } from "../../api/gql/graphql.ts";
import { parseDay } from "../../time/day.ts";

/** Booking statuses to choose from, in the order in which a booking can reach them. */
export const STATUSES: readonly BookingStatus[] = [
  "HELD",
  "PENDING",
  "CONFIRMED",
  "COMPLETED",
  "NO_SHOW",
  "CANCELLED",
  "EXPIRED",
];

/** The search text and the filters of the list of bookings, as read from the URL. */
export interface BookingSearch {
  readonly search: string;
  readonly status: BookingStatus | undefined;
  /** First and last day to show, such as 2026-11-21; empty if the days are not limited. */
  readonly from: string;
  readonly to: string;
}

/** Read a search from the parameters of a URL; malformed values are treated as missing. */
export function parseBookingSearch(parameters: URLSearchParams): BookingSearch {
  return {
    search: parameters.get("search")?.trim() ?? "",
    status: STATUSES.find((each) => each === parameters.get("status")),
    from: parseDay(parameters.get("from")) ?? "",
    to: parseDay(parameters.get("to")) ?? "",
  };
}

/**
 * Return the API's filter for a search. The days of the search are in the given time zone, and the
 * last day is included.
 */
export function bookingFilter(
  { search, status, from, to }: BookingSearch,
  zone: string,
): BookingFilter {
  const midnight = (day: string, days: number) =>
    parseDate(day).add({ days }).toDate(zone).toISOString();
  return {
    ...(search && { search }),
    ...(status && { statuses: [status] }),
    ...(from && { from: midnight(from, 0) }),
    ...(to && { to: midnight(to, 1) }),
  };
}
