import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";

import { blockHistory } from "../app/historyBlock.ts";

/** A navigation that waits until the user decides to stay or to leave. */
export interface PendingNavigation {
  stay: () => void;
  leave: () => void;
}

/**
 * Ask for confirmation before the user loses unsaved changes by following a link, going back or
 * forward, or closing the page.
 *
 * The declarative router cannot block navigation, so clicks on links are intercepted here.
 */
export function useLeaveGuard(isOn: boolean): PendingNavigation | undefined {
  const navigate = useNavigate();
  const [go, setGo] = useState<() => void>();
  const isDisarmed = useRef(false);

  useEffect(() => {
    if (!isOn) return;
    isDisarmed.current = false;
    const release = blockHistory(ask);

    function ask(go: () => void): void {
      setGo(() => () => {
        isDisarmed.current = true;
        release();
        go();
      });
    }

    function click(event: MouseEvent): void {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      const opensElsewhere =
        event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
      if (
        !link ||
        isDisarmed.current ||
        opensElsewhere ||
        link.target ||
        link.origin !== window.location.origin
      )
        return;
      // A link to a page outside the client causes a page load, which `beforeunload` handles.
      if (link.pathname === window.location.pathname || link.pathname === "/graphql") return;
      event.preventDefault();
      event.stopPropagation();
      ask(() => void navigate(link.pathname + link.search + link.hash));
    }

    function unload(event: BeforeUnloadEvent): void {
      if (!isDisarmed.current) event.preventDefault();
    }

    document.addEventListener("click", click, true);
    window.addEventListener("beforeunload", unload);
    return () => {
      release();
      document.removeEventListener("click", click, true);
      window.removeEventListener("beforeunload", unload);
    };
  }, [isOn, navigate]);

  return (
    go && {
      stay: () => setGo(undefined),
      leave() {
        setGo(undefined);
        go();
      },
    }
  );
}
