import { expect, test } from "vitest";

import type { Weekday } from "../../api/gql/graphql.ts";
import { blockTime } from "./block.ts";

const THURSDAY = "2026-11-26";
const WHOLE_DAY = { from: "00:00", to: "24:00" };

function weekly(...hours: readonly (readonly [Weekday, string, string])[]) {
  return hours.map(([weekday, from, to]) => ({
    __typename: "WeeklyHours" as const,
    weekday,
    from,
    to,
  }));
}

function override(date: string, ...hours: readonly (readonly [string, string])[]) {
  return {
    __typename: "DateOverride" as const,
    date,
    hours: hours.map(([from, to]) => ({ __typename: "LocalHours" as const, from, to })),
  };
}

/** Block a time; return the overrides of the hours as text such as "2026-11-26 09:00-10:00". */
function blocked(
  availability: Parameters<typeof blockTime>[0],
  from: string,
  to: string,
  first = THURSDAY,
  last = first,
): string[] {
  return blockTime(availability, { first, last, from, to }).map(({ date, hours }) =>
    [date, ...hours.map((span) => `${span.from}-${span.to}`)].join(" "),
  );
}

const OFFICE = { weekly: weekly(["THURSDAY", "09:00", "17:00"]), overrides: [] };

test("an override has the weekly hours without the blocked time", () => {
  expect(blocked(OFFICE, "12:00", "13:30")).toEqual([`${THURSDAY} 09:00-12:00 13:30-17:00`]);
  expect(blocked(OFFICE, "08:00", "10:00")).toEqual([`${THURSDAY} 10:00-17:00`]);
  expect(blocked(OFFICE, WHOLE_DAY.from, WHOLE_DAY.to)).toEqual([THURSDAY]);
});

test("blocking a time outside the expert's hours changes nothing", () => {
  expect(blocked(OFFICE, "17:00", "20:00")).toEqual([]);
  expect(blocked(OFFICE, "09:00", "17:00", "2026-11-27")).toEqual([]);
});

test("the same time can be blocked on several days; overrides of other days stay", () => {
  const hours = {
    weekly: weekly(["THURSDAY", "09:00", "17:00"], ["FRIDAY", "08:00", "12:00"]),
    overrides: [override("2026-11-25", ["10:00", "11:00"]), override("2026-12-24")],
  };
  expect(blocked(hours, "09:00", "10:30", THURSDAY, "2026-11-28")).toEqual([
    "2026-11-25 10:00-11:00",
    `${THURSDAY} 10:30-17:00`,
    "2026-11-27 08:00-09:00 10:30-12:00",
    "2026-12-24",
  ]);
});

test("the time is cut out of an existing override rather than of the weekly hours", () => {
  const hours = { ...OFFICE, overrides: [override(THURSDAY, ["14:00", "20:00"])] };
  expect(blocked(hours, "13:00", "15:00")).toEqual([`${THURSDAY} 15:00-20:00`]);
});

test("time can be cut out of hours that cross midnight, on either day", () => {
  const night = { weekly: weekly(["THURSDAY", "22:00", "02:00"]), overrides: [] };
  expect(blocked(night, "21:00", "23:00")).toEqual([`${THURSDAY} 23:00-02:00`]);
  expect(blocked(night, "00:00", "24:00", "2026-11-27")).toEqual([`${THURSDAY} 22:00-24:00`]);
  expect(blocked(night, "00:00", "24:00")).toEqual([THURSDAY, "2026-11-27 00:00-02:00"]);
  expect(blocked(night, "00:30", "01:00", "2026-11-27")).toEqual([
    `${THURSDAY} 22:00-00:30`,
    "2026-11-27 01:00-02:00",
  ]);
});
