import { useEffect, useState } from "react";
import { useLocation } from "react-router";

/**
 * The token of a link from a mail, which stands behind the `#` of the address; null: there is none.
 *
 * It leaves the address bar and the history at once, so that nobody reads it there later.
 */
export function useLinkToken(): string | null {
  const { hash, pathname } = useLocation();
  const found = new URLSearchParams(hash.slice(1)).get("token");
  const [token, setToken] = useState(found);
  // Another link that is opened in this tab changes the address alone.
  if (found && found !== token) setToken(found);
  useEffect(() => {
    if (found) window.history.replaceState(window.history.state, "", pathname);
  }, [found, pathname]);
  return token;
}
