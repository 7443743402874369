import { type ReactNode, startTransition, useLayoutEffect, useState } from "react";
import {
  NavigationType,
  Router,
  UNSAFE_createBrowserHistory as createBrowserHistory,
} from "react-router";

import { isHeld } from "./hold.ts";

/**
 * Follows the browser's address: another page as a transition, so that the old one stays until it
 * is loaded, and what changes within a page at once.
 *
 * The library's own router makes all of it transitions. A query whose variables come from the
 * address would then be drawn to and fro between the old ones and the new.
 */
export function PageRouter({ children }: { children: ReactNode }) {
  const [history] = useState(() => createBrowserHistory({ v5Compat: true }));
  const [shown, setShown] = useState({ action: history.action, location: history.location });
  useLayoutEffect(() => {
    let { pathname } = history.location;
    return history.listen((next) => {
      if (next.action === NavigationType.Pop && isHeld(next.delta)) return;
      const isSamePage = next.location.pathname === pathname;
      pathname = next.location.pathname;
      const show = () => setShown({ action: next.action, location: next.location });
      if (isSamePage) show();
      else startTransition(show);
    });
  }, [history]);
  return (
    <Router location={shown.location} navigationType={shown.action} navigator={history}>
      {children}
    </Router>
  );
}
