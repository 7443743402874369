const DAY_MS = 86_400_000;
/** Days to load; the live calendar shows the first five with slots. One day is for time zones. */
const DAYS = 8;

/** Return the span of the live calendar: whole days in UTC, like the server's `LANDING_DAYS`. */
export function landingSpan(now: number): { from: string; to: string } {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  return {
    from: new Date(today).toISOString(),
    to: new Date(today + DAYS * DAY_MS).toISOString(),
  };
}
