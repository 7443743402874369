import { expect, test } from "vitest";

import type { Draft } from "./draft.ts";
import { toOverrideInput } from "./overrides.ts";
import { reapply } from "./reapply.ts";
import { toSpan, toWeeklyInput } from "./spans.ts";

const TODAY = "2026-11-21";
const MORNING = { from: "09:00", to: "12:00" };
const CLOSED = { TUESDAY: [], WEDNESDAY: [], THURSDAY: [], FRIDAY: [], SATURDAY: [], SUNDAY: [] };

function override(date: string, until = date) {
  return { key: date, date, until, hours: [] };
}

const SAVED: Draft = {
  week: { MONDAY: [toSpan(MORNING)], ...CLOSED },
  overrides: [override("2026-12-24", "2026-12-26")],
  offers: [{ key: "o", minutes: 30, price: "48", placeKind: "VIDEO", placeDetails: "" }],
  rules: {
    stepMinutes: 30,
    breakMinutes: 0,
    minimumNoticeMinutes: 120,
    horizonDays: "90",
    cancellationNoticeMinutes: 720,
    confirmsAutomatically: true,
  },
};
const OTHER: Draft = {
  week: { ...SAVED.week, MONDAY: [], TUESDAY: [toSpan(MORNING)] },
  overrides: [override("2026-12-24", "2026-12-27")],
  offers: [{ ...SAVED.offers[0]!, price: "50" }],
  rules: { ...SAVED.rules, breakMinutes: 15 },
};

function applied(draft: Partial<Draft>): Draft {
  return reapply({ saved: SAVED, draft: { ...SAVED, ...draft } }, OTHER, TODAY);
}

test("if the draft has no changes, the hours saved elsewhere stay as they are", () => {
  expect(applied({})).toEqual(OTHER);
});

test("each weekday is changed separately", () => {
  const { week } = applied({ week: { ...SAVED.week, FRIDAY: [toSpan(MORNING)] } });
  expect(toWeeklyInput(week)).toEqual([
    { weekday: "TUESDAY", ...MORNING },
    { weekday: "FRIDAY", ...MORNING },
  ]);
});

test("days of the overrides are added and removed one by one", () => {
  const { overrides } = applied({
    overrides: [override("2026-12-25", "2026-12-26"), override("2027-01-01")],
  });
  expect(toOverrideInput(overrides).map(({ date }) => date)).toEqual([
    "2026-12-25",
    "2026-12-26",
    "2026-12-27",
    "2027-01-01",
  ]);
});

test("rules are changed one by one, but the list of offers as a whole", () => {
  const offers = [{ ...SAVED.offers[0]!, price: "45" }];
  const found = applied({ offers, rules: { ...SAVED.rules, horizonDays: "30" } });
  expect(found.rules).toEqual({ ...OTHER.rules, horizonDays: "30" });
  expect(found.offers).toEqual(offers);
});
