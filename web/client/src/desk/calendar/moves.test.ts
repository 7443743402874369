import { expect, test } from "vitest";

import type { SlotTime } from "../../expert/slots.ts";
import { movableSlots, nearestSlot } from "./moves.ts";

function slot(from: string, to: string, status: SlotTime["status"] = "OPEN"): SlotTime {
  return { ...timed(from, to), status } as unknown as SlotTime;
}

function timed(from: string, to: string) {
  return { id: from, startsAt: `2026-11-26T${from}:00Z`, endsAt: `2026-11-26T${to}:00Z` };
}

const BOOKING = timed("10:00", "11:00");
const DAY = {
  date: "2026-11-26",
  slots: [
    slot("09:00", "10:00"),
    slot("09:30", "10:30", "BOOKED"),
    slot("10:00", "11:00", "BOOKED"),
    slot("10:30", "11:30", "BOOKED"),
    slot("12:00", "13:00", "HELD"),
  ],
};

function starts(others: Parameters<typeof movableSlots>[2]): string[] {
  return [...movableSlots([DAY], BOOKING, others).values()].flat().map(({ id }) => id);
}

test("a booking can move to free slots, and to slots that only the booking itself occupies", () => {
  expect(starts([])).toEqual(["09:00", "09:30", "10:30"]);
  expect(starts([timed("11:00", "12:00")])).toEqual(["09:00", "09:30"]);
});

test("if the other bookings are unknown, a booking can move only to free slots", () => {
  expect(starts(undefined)).toEqual(["09:00"]);
});

test("the slot with the nearest start is found, unless none is near enough", () => {
  const slots = [{ minute: 540 }, { minute: 570 }, { minute: 720 }];
  expect(nearestSlot(slots, 560)).toEqual({ minute: 570 });
  expect(nearestSlot(slots, 700)).toEqual({ minute: 720 });
  expect(nearestSlot(slots, 640)).toBeUndefined();
  expect(nearestSlot<{ minute: number }>([], 640)).toBeUndefined();
});
