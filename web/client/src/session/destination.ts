// Pages that make no sense after signing in.
const BEFORE = new Set([
  "/sign-in",
  "/register",
  "/forgot-password",
  "/reset-password",
  "/verify-email",
]);

/**
 * Return where to go after signing in: the path in `to` if it is on this site.
 *
 * Prevents open redirects: anything that leads elsewhere, however it is written, is replaced.
 */
export function destinationFrom(to: string | null, usual = "/"): string {
  const here = window.location.origin;
  if (!to?.startsWith("/") || !URL.canParse(to, here)) return usual;
  const url = new URL(to, here);
  if (url.origin !== here || BEFORE.has(url.pathname)) return usual;
  // The path of "/.//there" is "//there", which would be another site's address.
  const path = url.pathname + url.search + url.hash;
  return path.startsWith("//") ? usual : path;
}
