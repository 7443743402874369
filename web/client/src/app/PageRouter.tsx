import { type ReactNode, useLayoutEffect, useState } from "react";
import {
  NavigationType,
  Router,
  UNSAFE_createBrowserHistory as createBrowserHistory,
} from "react-router";

import { revertIfBlocked } from "./historyBlock.ts";
import { startPageTransition } from "./pageTransition.ts";

/**
 * Router that uses React transitions to show other pages, but not for changes within a page.
 *
 * A transition keeps the old page visible until the new one has loaded. React Router's own
 * `BrowserRouter` makes every navigation a transition, even if only the query of the URL changes;
 * GraphQL queries with variables from the URL would then flicker between old and new values.
 */
export function PageRouter({ children }: { children: ReactNode }) {
  const [history] = useState(() => createBrowserHistory({ v5Compat: true }));
  const [displayed, setDisplayed] = useState({
    action: history.action,
    location: history.location,
  });
  useLayoutEffect(() => {
    let { pathname } = history.location;
    return history.listen((next) => {
      if (next.action === NavigationType.Pop && revertIfBlocked(next.delta)) return;
      const isSamePage = next.location.pathname === pathname;
      pathname = next.location.pathname;
      const show = () => setDisplayed({ action: next.action, location: next.location });
      if (isSamePage) show();
      else startPageTransition(show);
    });
  }, [history]);
  return (
    <Router location={displayed.location} navigationType={displayed.action} navigator={history}>
      {children}
    </Router>
  );
}
