import { useEffect, useState } from "react";

import type { ShownSlot } from "./slots.ts";

const NEWS_MS = 4_000;

/** Change that somebody else has just made to a slot. */
export type SlotNews = "justBooked" | "freeAgain";

/** Return the change that somebody else made to a slot in the last four seconds, if any. */
export function useSlotNews({ status, mine }: Pick<ShownSlot, "status" | "mine">) {
  const [last, setLast] = useState(status);
  const [news, setNews] = useState<SlotNews>();
  if (status !== last) {
    setLast(status);
    if (mine || status === "HELD") setNews(undefined);
    else setNews(status === "BOOKED" ? "justBooked" : "freeAgain");
  }
  useEffect(() => {
    if (!news) return;
    const timer = setTimeout(() => setNews(undefined), NEWS_MS);
    return () => clearTimeout(timer);
  }, [news]);
  return news;
}
