import { expect, test } from "vitest";

import { formats } from "../time/formats.ts";
import { groupByDay } from "./days.ts";

const LATE = { id: "late", startsAt: "2026-11-21T23:30:00Z" };
const EARLY = { id: "early", startsAt: "2026-11-22T07:00:00Z" };

test("bookings are grouped by day in the reader's time zone", () => {
  const { dateOf } = formats("en-GB", { zone: "Europe/Paris", hourCycle: "h23" });
  expect(groupByDay([LATE, EARLY], dateOf)).toEqual([
    { date: "2026-11-22", bookings: [LATE, EARLY] },
  ]);
});

test("the same bookings can be on two days in another time zone", () => {
  const { dateOf } = formats("en-GB", { zone: "UTC", hourCycle: "h23" });
  expect(groupByDay([LATE, EARLY], dateOf)).toEqual([
    { date: "2026-11-21", bookings: [LATE] },
    { date: "2026-11-22", bookings: [EARLY] },
  ]);
});

test("without bookings, there are no days", () => {
  expect(groupByDay([], String)).toEqual([]);
});
