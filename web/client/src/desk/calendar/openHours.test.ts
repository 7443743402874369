import { expect, test } from "vitest";

import type { Weekday } from "../../api/gql/graphql.ts";
import { openSegments } from "./openHours.ts";

const WEEK = ["2026-11-26", "2026-11-27", "2026-11-28"]; // Thursday to Saturday

function availability(
  weekly: readonly (readonly [Weekday, string, string])[],
  overrides: readonly (readonly [string, ...(readonly [string, string])[]])[] = [],
) {
  return {
    weekly: weekly.map(([weekday, from, to]) => ({
      __typename: "WeeklyHours" as const,
      weekday,
      from,
      to,
    })),
    overrides: overrides.map(([date, ...hours]) => ({
      __typename: "DateOverride" as const,
      date,
      hours: hours.map(([from, to]) => ({ __typename: "LocalHours" as const, from, to })),
    })),
  };
}

function minutes(...spans: Parameters<typeof openSegments>) {
  const found = [...openSegments(...spans)];
  return found.map(([date, segments]) => [date, segments.map(({ from, to }) => [from, to])]);
}

test("weekly hours are shown, except on days with an override", () => {
  const hours = availability(
    [
      ["THURSDAY", "09:00", "12:00"],
      ["THURSDAY", "12:00", "17:00"],
      ["FRIDAY", "09:00", "17:00"],
    ],
    [["2026-11-27"], ["2026-11-28", ["10:00", "24:00"]]],
  );
  expect(minutes(hours, "Europe/Paris", WEEK, "Europe/Paris")).toEqual([
    ["2026-11-26", [[540, 1_020]]],
    ["2026-11-27", []],
    ["2026-11-28", [[600, 1_440]]],
  ]);
});

test("hours that end on the next day are shown on both days", () => {
  const hours = availability([["THURSDAY", "22:00", "02:00"]]);
  expect(minutes(hours, "UTC", WEEK, "UTC")).toEqual([
    ["2026-11-26", [[1_320, 1_440]]],
    ["2026-11-27", [[0, 120]]],
    ["2026-11-28", []],
  ]);
});

test("hours may be on another day in the reader's time zone", () => {
  const hours = availability([["THURSDAY", "09:00", "17:00"]]);
  expect(minutes(hours, "Pacific/Kiritimati", WEEK, "Pacific/Pago_Pago")).toEqual([
    ["2026-11-26", []],
    ["2026-11-27", []],
    ["2026-11-28", []],
  ]);
  expect(minutes(hours, "Pacific/Kiritimati", ["2026-11-25"], "Pacific/Pago_Pago")).toEqual([
    ["2026-11-25", [[480, 960]]],
  ]);
  expect(minutes(hours, "America/New_York", ["2026-11-26", "2026-11-27"], "Asia/Tokyo")).toEqual([
    ["2026-11-26", [[1_380, 1_440]]],
    ["2026-11-27", [[0, 420]]],
  ]);
});
