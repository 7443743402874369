import { useEffect, useLayoutEffect, useRef } from "react";
import { NavigationType, useLocation, useNavigationType } from "react-router";

import { sessionStore } from "./storage.ts";

const STORAGE_KEY = "expertbook.scroll";
const MAX_POSITIONS = 50;
const RESTORE_TIMEOUT_MS = 3_000;

const positions = new Map<string, number>(
  Object.entries(JSON.parse(sessionStore.getItem(STORAGE_KEY) ?? "{}") as Record<string, number>),
);

/** Scroll to the top of new pages; restore the scroll position on Back, Forward and reload. */
export function useScrollRestoration(): void {
  const { key, pathname } = useLocation();
  const type = useNavigationType();
  const entry = `${key} ${pathname}`;
  const displayed = useRef({ entry, pathname: "" });

  useEffect(() => {
    // Do not let the browser restore positions: it would do so before the page has rendered.
    history.scrollRestoration = "manual";
    const recordPosition = () => positions.set(displayed.current.entry, window.scrollY);
    const storePositions = () =>
      sessionStore.setItem(
        STORAGE_KEY,
        JSON.stringify(Object.fromEntries([...positions].slice(-MAX_POSITIONS))),
      );
    window.addEventListener("scroll", recordPosition, { passive: true });
    window.addEventListener("pagehide", storePositions);
    return () => {
      window.removeEventListener("scroll", recordPosition);
      window.removeEventListener("pagehide", storePositions);
    };
  }, []);

  useLayoutEffect(() => {
    const isSamePage = displayed.current.pathname === pathname;
    displayed.current = { entry, pathname };
    if (type === NavigationType.Pop) return scrollWhenTallEnough(positions.get(entry) ?? 0);
    if (!isSamePage) window.scrollTo(0, 0);
  }, [entry, pathname, type]);
}

/** Scroll to a position as soon as the page is long enough, unless the user scrolls first. */
function scrollWhenTallEnough(top: number): (() => void) | undefined {
  window.scrollTo(0, top);
  if (window.scrollY >= top - 1) return undefined;
  const resizeObserver = new ResizeObserver(() => {
    window.scrollTo(0, top);
    if (window.scrollY >= top - 1) stop();
  });
  const timer = setTimeout(stop, RESTORE_TIMEOUT_MS);
  const gestures = ["wheel", "touchstart", "keydown", "pointerdown"] as const;
  function stop(): void {
    resizeObserver.disconnect();
    clearTimeout(timer);
    for (const gesture of gestures) window.removeEventListener(gesture, stop);
  }
  resizeObserver.observe(document.body);
  for (const gesture of gestures) window.addEventListener(gesture, stop, { passive: true });
  return stop;
}
