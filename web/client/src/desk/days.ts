/** The bookings of one calendar day. */
export interface BookedDay<T> {
  /** Such as 2026-11-21. */
  readonly date: string;
  readonly bookings: readonly T[];
}

/** Bookings by the calendar day of their start, in the order in which they come. */
export function byDay<T extends { readonly startsAt: string }>(
  bookings: readonly T[],
  dateOf: (instant: string) => string,
): BookedDay<T>[] {
  const days = Map.groupBy(bookings, ({ startsAt }) => dateOf(startsAt));
  return [...days].map(([date, bookings]) => ({ date, bookings }));
}
