import { describe, expect, test } from "vitest";

import { addDays } from "../../time/day.ts";
import { datesOf, hourHeight, hoursShown, joined, segmentsOf } from "./grid.ts";

function timed(startsAt: string, endsAt: string) {
  return { startsAt, endsAt };
}

test("a week begins on the locale's first day of the week", () => {
  expect(datesOf("week", "2026-11-26", "en-GB")[0]).toBe("2026-11-23");
  expect(datesOf("week", "2026-11-26", "en-US")[0]).toBe("2026-11-22");
  expect(datesOf("week", "2026-11-23", "de-DE")).toHaveLength(7);
  expect(datesOf("day", "2026-11-26", "en-GB")).toEqual(["2026-11-26"]);
  expect(addDays("2026-11-30", 1)).toBe("2026-12-01");
});

describe("segments", () => {
  test("a session is shown at its times of day in the reader's time zone", () => {
    const session = timed("2026-11-26T10:30:00Z", "2026-11-26T11:30:00Z");
    expect(segmentsOf(session, "Europe/Paris")).toEqual([
      { date: "2026-11-26", from: 690, to: 750 },
    ]);
  });

  test("a session is on both days if it crosses midnight, but not if it ends at midnight", () => {
    const night = timed("2026-11-26T22:30:00Z", "2026-11-27T00:30:00Z");
    expect(segmentsOf(night, "UTC")).toEqual([
      { date: "2026-11-26", from: 1_350, to: 1_440 },
      { date: "2026-11-27", from: 0, to: 30 },
    ]);
    const late = timed("2026-11-26T22:30:00Z", "2026-11-27T00:00:00Z");
    expect(segmentsOf(late, "UTC")).toEqual([{ date: "2026-11-26", from: 1_350, to: 1_440 }]);
  });

  test("a session across a clock change begins and ends at its local times of day", () => {
    const spring = timed("2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z");
    expect(segmentsOf(spring, "Europe/Paris")).toEqual([{ date: "2027-03-28", from: 90, to: 210 }]);
  });

  test("segments that touch are joined", () => {
    const date = "2026-11-26";
    expect(
      joined([
        { date, from: 600, to: 660 },
        { date, from: 480, to: 600 },
        { date, from: 720, to: 780 },
      ]),
    ).toEqual([
      { date, from: 480, to: 660 },
      { date, from: 720, to: 780 },
    ]);
  });
});

test("the hours shown leave half an hour around segments; without any, they are 8 to 18", () => {
  const date = "2026-11-26";
  expect(hoursShown([])).toEqual({ first: 8, last: 18 });
  expect(hoursShown([{ date, from: 510, to: 1_020 }])).toEqual({ first: 8, last: 18 });
  expect(hoursShown([{ date, from: 0, to: 1_440 }])).toEqual({ first: 0, last: 24 });
});

test("the rows of hours are higher if there are short sessions", () => {
  expect(hourHeight([30, 60])).toBe(56);
  expect(hourHeight([15, 60])).toBe(104);
});
