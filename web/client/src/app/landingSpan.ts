const DAY_MS = 86_400_000;
/**
 * Number of days to load, of which the first five with slots are shown. It includes an extra day,
 * because days in the reader's time zone differ from UTC days.
 */
const DAYS = 8;

/**
 * Return the span to load for the live calendar: whole UTC days, the same as `LANDING_DAYS` on the
 * server.
 */
export function landingSpan(now: number): { from: string; to: string } {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  return {
    from: new Date(today).toISOString(),
    to: new Date(today + DAYS * DAY_MS).toISOString(),
  };
}
