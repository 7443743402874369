import { skipToken, useSubscription } from "@apollo/client/react";
import { type RefObject, useEffect, useState } from "react";

import { CALENDAR_CHANGED } from "../expert/useCalendar.ts";

/**
 * How long an expert's card must be on the screen before it subscribes to the expert's calendar.
 */
const SETTLE_MS = 1_000;

/** Keep an expert's slots up to date while the expert's card is on the screen. */
export function useLiveTimes(
  card: RefObject<Element | null>,
  expert: { readonly id: string; readonly cursor: string } | undefined,
): void {
  const isWatched = useIsSettled(card);
  // Keep the first cursor, because a later cursor would restart the subscription.
  const [start, setStart] = useState(expert);
  if (expert && expert.id !== start?.id) setStart(expert);
  useSubscription(
    CALENDAR_CHANGED,
    isWatched && start
      ? { variables: { expertId: start.id, after: start.cursor }, ignoreResults: true }
      : skipToken,
  );
}

/** Return whether an element has been on the screen for at least `SETTLE_MS`. */
function useIsSettled(element: RefObject<Element | null>): boolean {
  const [isSettled, setIsSettled] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new IntersectionObserver(([entry]) => {
      clearTimeout(timer);
      const isShown = entry?.isIntersecting ?? false;
      timer = setTimeout(() => setIsSettled(isShown), SETTLE_MS);
    });
    observer.observe(element.current);
    return () => {
      observer.disconnect();
      clearTimeout(timer);
    };
  }, [element]);
  return isSettled;
}
