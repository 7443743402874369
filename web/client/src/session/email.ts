/** The address that was typed on the page before, from a location's state: it is in no address bar. */
export function emailFrom(state: unknown): string {
  const email = (state as { email?: unknown } | null)?.email;
  return typeof email === "string" ? email : "";
}
