/**
 * Format the time until an instant as minutes and seconds, such as 4:59; 0:00 after the instant.
 */
export function formatRemaining(until: string, now: number): string {
  const seconds = Math.max(0, Math.floor((Date.parse(until) - now) / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
