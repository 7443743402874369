import type { ReactNode } from "react";
import { Link } from "react-router";

import { useFormats } from "../time/formats.ts";
import { CHOOSABLE_CLASS, LOOK_CLASSES, lookOf, NEWS_CLASSES } from "./slotLooks.ts";
import type { ShownSlot } from "./slots.ts";
import type { SlotNews } from "./useSlotNews.ts";

interface SlotLinkProps {
  slot: ShownSlot;
  /** Path of the expert's page. */
  path: string;
  news: SlotNews | undefined;
  className: string;
  children: ReactNode;
}

/** A slot on a page other than its expert's; while it is free, it links to the expert's page. */
export function SlotLink({ slot, path, news, className, children }: SlotLinkProps) {
  const formats = useFormats();
  const look = lookOf(slot);
  const classes = `relative min-w-0 rounded-sm border px-1 no-underline! tabular-nums transition-colors duration-200 ${className} ${LOOK_CLASSES[look]} ${news ? NEWS_CLASSES[news] : ""}`;
  if (look !== "OPEN") return <span className={classes}>{children}</span>;
  const chosen = new URLSearchParams({ day: formats.dateOf(slot.startsAt), slot: slot.id });
  return (
    <Link to={`${path}?${chosen}`} className={`${classes} ${CHOOSABLE_CLASS}`}>
      {children}
    </Link>
  );
}
