import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";

import { holdHistory } from "../../app/hold.ts";

/** Somebody is about to leave; both answers end the question. */
export interface Leaving {
  stay(): void;
  leave(): void;
}

/**
 * Asks before what is unsaved is left: by a link, by Back or Forward, or by closing the page.
 *
 * The declarative router has no way to hold a navigation up: links are caught before it.
 */
export function useLeaveGuard(isOn: boolean): Leaving | undefined {
  const navigate = useNavigate();
  const [go, setGo] = useState<() => void>();
  const isOff = useRef(false);

  useEffect(() => {
    if (!isOn) return;
    isOff.current = false;
    const release = holdHistory(ask);

    function ask(go: () => void): void {
      setGo(() => () => {
        isOff.current = true;
        release();
        go();
      });
    }

    function click(event: MouseEvent): void {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      const isOther =
        event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
      if (
        !link ||
        isOff.current ||
        isOther ||
        link.target ||
        link.origin !== window.location.origin
      )
        return;
      // What the server serves itself is no page of the router's: closing this one asks.
      if (link.pathname === window.location.pathname || link.pathname === "/graphql") return;
      event.preventDefault();
      event.stopPropagation();
      ask(() => void navigate(link.pathname + link.search + link.hash));
    }

    function unload(event: BeforeUnloadEvent): void {
      if (!isOff.current) event.preventDefault();
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
