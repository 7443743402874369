import { graphql } from "../api/gql/gql.ts";
import type { SlotTimeFragment } from "../api/gql/graphql.ts";

/** A slot of the calendar; of two versions, the newer one has the higher `sequence`. */
export const SLOT_TIME = graphql(`
  fragment SlotTime on Slot {
    id
    startsAt
    endsAt
    minutes
    status
    heldUntil
    mine
    sequence
  }
`);

export type SlotTime = SlotTimeFragment;

/**
 * A slot from a response that may be public. A public response does not say whether a slot is the
 * viewer's own.
 */
export type ShownSlot = Omit<SlotTime, "mine"> & { readonly mine?: boolean };

export interface Day {
  readonly date: string;
  readonly slots: readonly SlotTime[];
}

/** Return the slots that have not begun yet. */
export function upcomingSlots(slots: readonly SlotTime[], now: number): SlotTime[] {
  return slots.filter(({ startsAt }) => Date.parse(startsAt) > now);
}

/** Return whether a day has an upcoming slot that is open or already belongs to the viewer. */
export function hasFreeSlot({ slots }: Day, now: number): boolean {
  return upcomingSlots(slots, now).some(({ status, mine }) => status === "OPEN" || mine);
}

/** Return whether somebody else holds or has booked a slot. */
export function isTakenByOthers({ status, mine }: SlotTime): boolean {
  return status !== "OPEN" && !mine;
}

/** Return the open slots that are nearest in time to a lost slot, nearest first. */
export function nearestOpen(
  days: readonly Day[],
  lost: { readonly startsAt: string },
  now: number,
  limit = 3,
): SlotTime[] {
  const at = Date.parse(lost.startsAt);
  const distance = ({ startsAt }: SlotTime) => Math.abs(Date.parse(startsAt) - at);
  return days
    .flatMap(({ slots }) => upcomingSlots(slots, now))
    .filter((slot) => slot.status === "OPEN" && distance(slot) > 0)
    .sort((one, other) => distance(one) - distance(other))
    .slice(0, limit);
}
