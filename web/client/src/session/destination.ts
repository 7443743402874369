// Pages that are useless after signing in.
const SIGNED_OUT_PAGES = new Set([
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
export function safeDestination(to: string | null, fallback = "/"): string {
  const here = window.location.origin;
  if (!to?.startsWith("/") || !URL.canParse(to, here)) return fallback;
  const url = new URL(to, here);
  if (url.origin !== here || SIGNED_OUT_PAGES.has(url.pathname)) return fallback;
  // The path of "/.//there" is "//there", which would be another site's URL.
  const path = url.pathname + url.search + url.hash;
  return path.startsWith("//") ? fallback : path;
}
