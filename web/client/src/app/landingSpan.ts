const DAY_MS = 86_400_000;
/** Days to load, including one more for time zones; the first five days with slots are shown. */
const DAYS = 8;

/** Return the span to load for the live calendar: whole UTC days, like `LANDING_DAYS` (server). */
export function landingSpan(now: number): { from: string; to: string } {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  return {
    from: new Date(today).toISOString(),
    to: new Date(today + DAYS * DAY_MS).toISOString(),
  };
}
