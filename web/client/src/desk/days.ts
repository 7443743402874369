/** Bookings of one calendar day. */
export interface BookingDay<T> {
  /** ISO date, such as 2026-11-21. */
  readonly date: string;
  readonly bookings: readonly T[];
}

/** Group bookings by the calendar day on which they start, without changing their order. */
export function groupByDay<T extends { readonly startsAt: string }>(
  bookings: readonly T[],
  dateOf: (instant: string) => string,
): BookingDay<T>[] {
  const days = Map.groupBy(bookings, ({ startsAt }) => dateOf(startsAt));
  return [...days].map(([date, bookings]) => ({ date, bookings }));
}
