import type { Formats } from "../time/formats.ts";
import type { Day, SlotTime } from "./slots.ts";
import { upcomingSlots } from "./slots.ts";

/** Group slots by calendar day in the reader's time zone; days without slots are left out. */
export function byDay(slots: readonly SlotTime[], { dateOf }: Formats): Day[] {
  const days = new Map<string, SlotTime[]>();
  for (const slot of slots) {
    const date = dateOf(slot.startsAt);
    const found = days.get(date);
    if (found) found.push(slot);
    else days.set(date, [slot]);
  }
  return Array.from(days, ([date, slots]) => ({ date, slots }));
}

/** Numbers of all upcoming slots and of free upcoming slots on a day. */
export interface Availability {
  readonly all: number;
  readonly free: number;
}

export function availabilityOf({ slots }: Day, now: number): Availability {
  const coming = upcomingSlots(slots, now);
  const free = coming.filter(({ status, mine }) => status === "OPEN" || mine).length;
  return { all: coming.length, free };
}

/** Return whether few of a day's slots are free: fewer than a third, or only one of several. */
export function isScarce({ all, free }: Availability): boolean {
  return free > 0 && free < all && (free === 1 || free * 3 < all);
}

/** Return whether all of a day's slots are taken. */
export function isFull({ all, free }: Availability): boolean {
  return all > 0 && free === 0;
}
