import { expect, test } from "vitest";

import { formats } from "../time/formats.ts";
import { byPartOfDay } from "./partsOfDay.ts";

function parts(zone: string, ...times: string[]) {
  const slots = times.map((time) => ({ startsAt: `2026-12-01T${time}:00Z` }));
  return byPartOfDay(slots, formats("en-GB", { zone, hourCycle: "h23" })).map(({ part, slots }) => [
    part,
    slots.length,
  ]);
}

test("slots are grouped by part of the day in the reader's time zone", () => {
  const times = ["05:45", "06:00", "11:59", "12:00", "16:45", "17:00", "23:30"];
  expect(parts("UTC", ...times)).toEqual([
    ["night", 1],
    ["morning", 2],
    ["afternoon", 2],
    ["evening", 2],
  ]);
  expect(parts("Asia/Kolkata", "05:45", "12:00")).toEqual([
    ["morning", 1],
    ["evening", 1],
  ]);
  expect(parts("UTC")).toEqual([]);
});
