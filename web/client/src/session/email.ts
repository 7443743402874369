/**
 * Return the address typed on the previous page, from the history state; it is never in the URL.
 */
export function emailFromState(state: unknown): string {
  const email = (state as { email?: unknown } | null)?.email;
  return typeof email === "string" ? email : "";
}
