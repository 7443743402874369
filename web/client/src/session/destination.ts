// Nobody who has just signed in wants to be there.
const BEFORE = new Set([
  "/sign-in",
  "/register",
  "/forgot-password",
  "/reset-password",
  "/verify-email",
]);

/**
 * Where to go after signing in: the address in `to`, if it is one of this site's own.
 *
 * Whatever leads elsewhere, however it is written, is replaced: a link to the sign-in page must
 * not be able to send anybody to a foreign site.
 */
export function destinationFrom(to: string | null, usual = "/"): string {
  const here = window.location.origin;
  if (!to?.startsWith("/") || !URL.canParse(to, here)) return usual;
  const url = new URL(to, here);
  if (url.origin !== here || BEFORE.has(url.pathname)) return usual;
  // Of "/.//there" the path alone is "//there", which is another site's address.
  const path = url.pathname + url.search + url.hash;
  return path.startsWith("//") ? usual : path;
}
