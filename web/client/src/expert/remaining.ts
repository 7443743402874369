/** What is left until an instant, as minutes and seconds: 4:59. Nothing is left after it. */
export function remaining(until: string, now: number): string {
  const seconds = Math.max(0, Math.floor((Date.parse(until) - now) / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
