import { useEffect, useState } from "react";
import { useLocation } from "react-router";

/**
 * Return the token that an e-mailed link carries in its URL fragment; null if there is none.
 *
 * The token is removed from the address bar and the history, so that it is not leaked later.
 */
export function useLinkToken(): string | null {
  const { hash, pathname } = useLocation();
  const found = new URLSearchParams(hash.slice(1)).get("token");
  const [token, setToken] = useState(found);
  // If another link is opened in the same tab, only the fragment changes, so look at it again.
  if (found && found !== token) setToken(found);
  useEffect(() => {
    if (found) window.history.replaceState(window.history.state, "", pathname);
  }, [found, pathname]);
  return token;
}
