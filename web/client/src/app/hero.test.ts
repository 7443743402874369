import { expect, test } from "vitest";

import type { SlotTime } from "../expert/slots.ts";
import { formats } from "../time/formats.ts";
import { heroOf } from "./hero.ts";

const inUtc = formats("en-GB", { zone: "UTC", hourCycle: "h23" });
const NOW = Date.parse("2026-12-01T06:00Z");

function slots(day: number, states: string, hour = 8): SlotTime[] {
  return Array.from(states, (state, index) => {
    const start = Date.parse(`2026-12-0${day}T00:00Z`) + (hour + index) * 3_600_000;
    return {
      __typename: "Slot",
      id: `${day} ${index}`,
      startsAt: new Date(start).toISOString(),
      endsAt: new Date(start + 3_600_000).toISOString(),
      minutes: 60,
      status: state === "f" ? "OPEN" : "BOOKED",
      heldUntil: null,
      mine: false,
      sequence: 0,
    };
  });
}

function chosen(...experts: readonly { slots: SlotTime[] }[]) {
  const hero = heroOf(experts, inUtc, NOW);
  return hero && [experts.indexOf(hero.expert), hero.date, hero.days.length];
}

test("the busiest day with enough free times is chosen", () => {
  const quiet = { slots: [...slots(1, "ffff"), ...slots(2, "fffb")] };
  const busy = { slots: [...slots(1, "fbfb"), ...slots(3, "bbbfff"), ...slots(4, "bbbbbf")] };
  expect(chosen(quiet, busy)).toEqual([1, "2026-12-03", 3]);
  expect(chosen(quiet)).toEqual([0, "2026-12-02", 2]);
});

test("a day with slots in the reader's daytime is preferred", () => {
  const night = { slots: slots(1, "bbbfff") };
  const day = { slots: slots(2, "bfff", 14) };
  expect(chosen(night, day)).toEqual([0, "2026-12-01", 1]);
  const inNewYork = formats("en-GB", { zone: "America/New_York", hourCycle: "h23" });
  expect(heroOf([night, day], inNewYork, NOW)?.expert).toBe(day);
});

test("a day with few free times is chosen if no day has more", () => {
  expect(chosen({ slots: slots(1, "bbbf") }, { slots: slots(2, "bff") })).toEqual([
    1,
    "2026-12-02",
    1,
  ]);
  expect(chosen({ slots: slots(1, "bbb") }, { slots: [] })).toBeUndefined();
});
