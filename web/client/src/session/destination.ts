// Pages that are of no use to a user who has just signed in.
const SIGNED_OUT_PAGES = new Set([
  "/sign-in",
  "/register",
  "/forgot-password",
  "/reset-password",
  "/verify-email",
]);

/**
 * Return the path to go to after signing in: `to` if it is a path on this site, otherwise
 * `fallback`.
 *
 * Prevents open redirects: any value that would lead to another site is replaced with `fallback`.
 */
export function safeDestination(to: string | null, fallback = "/"): string {
  const here = window.location.origin;
  if (!to?.startsWith("/") || !URL.canParse(to, here)) return fallback;
  const url = new URL(to, here);
  if (url.origin !== here || SIGNED_OUT_PAGES.has(url.pathname)) return fallback;
  // The path of "/.//there" is "//there", which would lead to another site.
  const path = url.pathname + url.search + url.hash;
  return path.startsWith("//") ? fallback : path;
}
