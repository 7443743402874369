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

test("another time zone can split bookings into two days", () => {
  const { dateOf } = formats("en-GB", { zone: "UTC", hourCycle: "h23" });
  expect(groupByDay([LATE, EARLY], dateOf)).toEqual([
    { date: "2026-11-21", bookings: [LATE] },
    { date: "2026-11-22", bookings: [EARLY] },
  ]);
});

test("no bookings give no days", () => {
  expect(groupByDay([], String)).toEqual([]);
});
