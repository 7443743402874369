import { parseDate } from "@internationalized/date";

import type { BookingFilter, BookingStatus } from "../../api/gql/graphql.ts";
import { parseDay } from "../../time/day.ts";

/** States to choose from, in the order in which a booking goes through them. */
export const STATUSES: readonly BookingStatus[] = [
  "HELD",
  "PENDING",
  "CONFIRMED",
  "COMPLETED",
  "NO_SHOW",
  "CANCELLED",
  "EXPIRED",
];

/** The search and filters in the URL. */
export interface BookingSearch {
  readonly search: string;
  readonly status: BookingStatus | undefined;
  /** First and last day, such as 2026-11-21; empty without a limit. */
  readonly from: string;
  readonly to: string;
}

/** Read a search from the URL; malformed values count as missing. */
export function parseBookingSearch(parameters: URLSearchParams): BookingSearch {
  return {
    search: parameters.get("search")?.trim() ?? "",
    status: STATUSES.find((each) => each === parameters.get("status")),
    from: parseDay(parameters.get("from")) ?? "",
    to: parseDay(parameters.get("to")) ?? "",
  };
}

/** Return the API's filter; the search's days are in the time zone, the last one included. */
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
