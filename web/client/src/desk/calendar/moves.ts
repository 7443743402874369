import type { Day, SlotTime } from "../../expert/slots.ts";

interface Timed {
  readonly id: string;
  readonly startsAt: string;
  readonly endsAt: string;
}

/**
 * Return the slots to which a booking can move, keyed by date.
 *
 * If the expert's other bookings are loaded, the result includes slots that only the booking itself
 * occupies.
 *
 * @param others the expert's other bookings on these days; undefined if they are not loaded.
 */
export function movableSlots(
  days: readonly Day[],
  booking: Timed,
  others: readonly Timed[] | undefined,
): Map<string, SlotTime[]> {
  const isFree = (slot: SlotTime) => {
    if (slot.startsAt === booking.startsAt) return false;
    if (slot.status === "OPEN") return true;
    return Boolean(
      others && overlaps(slot, booking) && !others.some((other) => overlaps(slot, other)),
    );
  };
  return new Map(days.map(({ date, slots }) => [date, slots.filter(isFree)]));
}

/** Return the slot that starts nearest to a minute of the day, at most `limit` minutes away. */
export function nearestSlot<T extends { readonly minute: number }>(
  slots: readonly T[],
  minute: number,
  limit = 45,
): T | undefined {
  const distance = (slot: T) => Math.abs(slot.minute - minute);
  const [nearest] = slots.toSorted((one, other) => distance(one) - distance(other));
  return nearest && distance(nearest) <= limit ? nearest : undefined;
}

function overlaps(one: Omit<Timed, "id">, other: Omit<Timed, "id">): boolean {
  return (
    Date.parse(one.startsAt) < Date.parse(other.endsAt) &&
    Date.parse(other.startsAt) < Date.parse(one.endsAt)
  );
}
