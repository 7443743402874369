import { useEffect, useLayoutEffect, useRef } from "react";
import { NavigationType, useLocation, useNavigationType } from "react-router";

const KEPT = "expertbook.scroll";
const MOST_KEPT = 50;
const PATIENCE = 3_000;

const positions = new Map<string, number>(
  Object.entries(JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") as Record<string, number>),
);

/** Start new pages at the top; restore the scroll position on Back, Forward and reload. */
export function useScroll(): void {
  const { key, pathname } = useLocation();
  const type = useNavigationType();
  const entry = `${key} ${pathname}`;
  const shown = useRef({ entry, pathname: "" });

  useEffect(() => {
    // The browser's own restoration would run before the page has rendered.
    history.scrollRestoration = "manual";
    const note = () => positions.set(shown.current.entry, window.scrollY);
    const keep = () =>
      sessionStorage.setItem(
        KEPT,
        JSON.stringify(Object.fromEntries([...positions].slice(-MOST_KEPT))),
      );
    window.addEventListener("scroll", note, { passive: true });
    window.addEventListener("pagehide", keep);
    return () => {
      window.removeEventListener("scroll", note);
      window.removeEventListener("pagehide", keep);
    };
  }, []);

  useLayoutEffect(() => {
    const isSamePage = shown.current.pathname === pathname;
    shown.current = { entry, pathname };
    if (type === NavigationType.Pop) return scrollTo(positions.get(entry) ?? 0);
    if (!isSamePage) window.scrollTo(0, 0);
  }, [entry, pathname, type]);
}

/** Scroll as soon as the page is long enough, unless the user scrolls first. */
function scrollTo(top: number): (() => void) | undefined {
  window.scrollTo(0, top);
  if (window.scrollY >= top - 1) return undefined;
  const growth = new ResizeObserver(() => {
    window.scrollTo(0, top);
    if (window.scrollY >= top - 1) stop();
  });
  const timer = setTimeout(stop, PATIENCE);
  const gestures = ["wheel", "touchstart", "keydown", "pointerdown"] as const;
  function stop(): void {
    growth.disconnect();
    clearTimeout(timer);
    for (const gesture of gestures) window.removeEventListener(gesture, stop);
  }
  growth.observe(document.body);
  for (const gesture of gestures) window.addEventListener(gesture, stop, { passive: true });
  return stop;
}
