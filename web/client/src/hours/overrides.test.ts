import { expect, test } from "vitest";

import {
  mapOverrideProblems,
  nextUnusedDate,
  type OverrideDraft,
  toOverrideDrafts,
  toOverrideInput,
  validateOverrides,
} from "./overrides.ts";
import { toSpan } from "./spans.ts";

const WORDS = {
  noTime: "no time",
  noDate: "no date",
  untilBeforeDate: "ends early",
  tooManyDays: "too long",
};
const MORNING = [{ from: "09:00", to: "12:00" }];

function closed(date: string) {
  return { date, hours: [] };
}

function draft(date: string, until = date, hours = MORNING): OverrideDraft {
  return { key: "d", date, until, hours: hours.map(toSpan) };
}

test("consecutive days with equal hours become one override, without past days", () => {
  const days = [
    closed("2026-12-26"),
    closed("2026-12-24"),
    closed("2026-12-25"),
    { date: "2026-12-27", hours: MORNING },
    closed("2026-12-29"),
    closed("2026-12-01"),
  ];
  const drafts = toOverrideDrafts(days, "2026-12-02");
  expect(drafts.map(({ date, until, hours }) => [date, until, hours.length])).toEqual([
    ["2026-12-24", "2026-12-26", 0],
    ["2026-12-27", "2026-12-27", 1],
    ["2026-12-29", "2026-12-29", 0],
  ]);
});

test("each day of a draft is sent, even across the end of a year", () => {
  expect(toOverrideInput([draft("2026-12-31", "2027-01-02")])).toEqual(
    ["2026-12-31", "2027-01-01", "2027-01-02"].map((date) => ({ date, hours: MORNING })),
  );
});

test("days that cannot be sent are reported", () => {
  expect(validateOverrides([draft("2026-12-31", "2027-01-02")], WORDS)).toEqual({});
  expect(validateOverrides([draft("", "")], WORDS)).toEqual({
    "d.date": "no date",
    "d.until": "no date",
  });
  expect(validateOverrides([draft("2026-12-31", "2026-12-30")], WORDS)).toEqual({
    "d.until": "ends early",
  });
  expect(validateOverrides([draft("2026-12-31", "2028-01-01")], WORDS)).toEqual({
    "d.until": "too long",
  });
});

test("the server's problems with a day are shown at the draft that contains the day", () => {
  const drafts = [
    { ...draft("2026-12-24", "2026-12-26"), key: "a" },
    { ...draft("2026-12-27"), key: "b" },
  ];
  const problems = { "overrides.2.date": "twice", "overrides.3.hours.0.to": "overlap" };
  expect(mapOverrideProblems(problems, drafts)).toEqual({
    "a.date": "twice",
    [`${drafts[1]?.hours[0]?.key}.to`]: "overlap",
  });
});

test("a new override begins on the day after the last override", () => {
  expect(nextUnusedDate([], "2026-12-02")).toBe("2026-12-03");
  expect(nextUnusedDate([draft("2026-12-24", "2026-12-31")], "2026-12-02")).toBe("2027-01-01");
});
