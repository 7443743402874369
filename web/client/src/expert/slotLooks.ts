import type { ShownSlot, SlotTime } from "./slots.ts";

/** Appearance of a slot: `KEPT` is held for the viewer, and `MINE` is booked by the viewer. */
export type SlotLook = SlotTime["status"] | "KEPT" | "MINE";

export const LOOK_CLASSES: Record<SlotLook, string> = {
  OPEN: "border-free-line bg-free-bg font-semibold text-accent",
  HELD: "border-dashed border-held-line bg-held-bg font-medium text-held",
  BOOKED: "border-transparent bg-gone-bg font-medium text-gone line-through",
  KEPT: "border-accent bg-soft font-semibold text-accent inset-ring inset-ring-accent",
  MINE: "border-accent bg-accent font-semibold text-on-accent",
};

/** CSS classes for a free slot that can be chosen. */
export const CHOOSABLE_CLASS = "hover:border-accent hover:bg-soft";

export function lookOf({ status, mine }: Pick<ShownSlot, "status" | "mine">): SlotLook {
  if (!mine) return status;
  return status === "HELD" ? "KEPT" : "MINE";
}

/** CSS classes for a slot that has just been booked or become free again. */
export const NEWS_CLASSES = {
  justBooked: "no-underline! halo-sun",
  freeAgain: "halo-pine",
};
