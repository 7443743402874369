/**
 * Return the e-mail address that was typed on the previous page. It is passed in the history state,
 * because it must not appear in the URL.
 */
export function emailFromState(state: unknown): string {
  const email = (state as { email?: unknown } | null)?.email;
  return typeof email === "string" ? email : "";
}
