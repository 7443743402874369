import { expect, it } from "vitest";

import { overlaps, partsOf, windowsOf } from "./windows.ts";

const DAY = "2027-03-28";
const PARIS = "Europe/Paris";

it("joins adjacent parts of a day to one time window, and keeps other parts apart", () => {
  expect(windowsOf("2027-03-29", PARIS, new Set(["afternoon", "morning"]))).toEqual([
    { from: "2027-03-28T22:00:00.000Z", to: "2027-03-29T15:00:00.000Z" },
  ]);
  expect(windowsOf("2027-03-29", PARIS, new Set(["morning", "evening"]))).toEqual([
    { from: "2027-03-28T22:00:00.000Z", to: "2027-03-29T10:00:00.000Z" },
    { from: "2027-03-29T15:00:00.000Z", to: "2027-03-29T22:00:00.000Z" },
  ]);
  expect(windowsOf(DAY, PARIS, new Set())).toEqual([]);
});

it("covers a whole day from midnight to midnight, even if the clocks change on that day", () => {
  expect(windowsOf(DAY, PARIS, new Set(["morning", "afternoon", "evening"]))).toEqual([
    { from: "2027-03-27T23:00:00.000Z", to: "2027-03-28T22:00:00.000Z" },
  ]);
});

it("offers only the parts of a day in which sessions can start", () => {
  const starts = ["2027-03-28T09:45:00Z", "2027-03-28T15:00:00Z"];
  expect(partsOf(starts, DAY, PARIS)).toEqual(["morning", "evening"]);
});

it("treats time windows that only touch as not overlapping", () => {
  const window = { from: "2027-03-28T09:00:00Z", to: "2027-03-28T12:00:00Z" };
  expect(overlaps(window, { from: "2027-03-28T12:00:00Z", to: "2027-03-28T13:00:00Z" })).toBe(
    false,
  );
  expect(overlaps(window, { from: "2027-03-28T08:00:00Z", to: "2027-03-28T09:00:00Z" })).toBe(
    false,
  );
  expect(overlaps(window, { from: "2027-03-28T11:00:00Z", to: "2027-03-28T13:00:00Z" })).toBe(true);
  expect(overlaps(window, { from: "2027-03-28T09:00:00Z", to: "2027-03-28T09:00:00Z" })).toBe(true);
});
