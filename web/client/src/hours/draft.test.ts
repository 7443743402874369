import { describe, expect, test } from "vitest";

import type { HoursFragment } from "../api/gql/graphql.ts";
import { changedInput, type Draft, toDraft, mapServerProblems, validateDraft } from "./draft.ts";
import { parseAmount, formatPriceField } from "./price.ts";
import { fromFieldEnd, toFieldTime, suggestSpan, toSpan, copyMondayToWeekdays } from "./spans.ts";

const video = { kind: "VIDEO", details: null } as const;
const office = { kind: "IN_PERSON", details: "12 Rue de Rivoli, Paris" } as const;

const EXPERT = {
  id: "e",
  name: "Ada",
  slug: "ada",
  timeZone: "Europe/Paris",
  hourlyRate: { amount: 14_500, currency: "EUR", decimals: 2 },
  offers: [
    { minutes: 30, place: video, price: { amount: 7_250, currency: "EUR", decimals: 2 } },
    { minutes: 60, place: office, price: { amount: 14_500, currency: "EUR", decimals: 2 } },
  ],
  availability: {
    weekly: [
      { weekday: "MONDAY", from: "08:30", to: "12:30" },
      { weekday: "MONDAY", from: "14:00", to: "24:00" },
      { weekday: "TUESDAY", from: "08:30", to: "12:30" },
    ],
    overrides: [
      { date: "2026-11-20", hours: [] },
      { date: "2026-11-24", hours: [{ from: "10:00", to: "12:00" }] },
    ],
    stepMinutes: 30,
    breakMinutes: 0,
    minimumNoticeMinutes: 120,
    horizonDays: 90,
    cancellationNoticeMinutes: 720,
    confirmsAutomatically: true,
  },
} as unknown as HoursFragment;

const WORDS = {
  noTime: "no time",
  noDate: "no date",
  untilBeforeDate: "ends early",
  tooManyDays: "too long",
  noPrice: "no price",
  highPrice: "high price",
  noNumber: "no number",
};

const saved = toDraft(EXPERT, "2026-11-21", "en-GB");

function changes(draft: Partial<Draft>) {
  return changedInput(EXPERT, saved, { ...saved, ...draft });
}

describe("changed input", () => {
  test("is empty if nothing has changed", () => {
    expect(changes({})).toEqual({});
  });

  test("ignores the order of hours", () => {
    const { week } = saved;
    expect(changes({ week: { ...week, MONDAY: week.MONDAY.toReversed() } })).toEqual({});
  });

  test("contains all weekly hours if a single day differs", () => {
    expect(changes({ week: { ...saved.week, MONDAY: [] } })).toEqual({
      weekly: [{ weekday: "TUESDAY", from: "08:30", to: "12:30" }],
    });
  });

  test("contains a changed slot step", () => {
    expect(changes({ rules: { ...saved.rules, stepMinutes: 45 } })).toEqual({ stepMinutes: 45 });
    expect(changes({ rules: { ...saved.rules, stepMinutes: null } })).toEqual({
      stepMatchesSession: true,
    });
  });

  test("contains the future overrides, but not the past ones", () => {
    expect(saved.overrides.map(({ date }) => date)).toEqual(["2026-11-24"]);
    const closed = { key: "new", date: "2026-12-24", until: "2026-12-24", hours: [] };
    expect(changes({ overrides: [...saved.overrides, closed] })).toEqual({
      overrides: [
        { date: "2026-11-24", hours: [{ from: "10:00", to: "12:00" }] },
        { date: "2026-12-24", hours: [] },
      ],
    });
  });

  test("keeps the order of offers, because the first offer is the default", () => {
    expect(
      changes({ offers: saved.offers.toReversed() }).offers?.map(({ minutes }) => minutes),
    ).toEqual([60, 30]);
  });

  test("contains prices in minor units", () => {
    const offers = saved.offers.map((offer) => ({ ...offer, price: "80,5" }));
    expect(changes({ offers }).offers?.[0]?.price).toEqual({ amount: 8_050, currency: "EUR" });
  });

  test("contains places, with the spaces around their details removed", () => {
    const [first, second] = saved.offers;
    const offers = [{ ...first!, placeDetails: " https://meet.example.com/ada " }, second!];
    expect(changes({ offers }).offers?.map(({ place }) => place)).toEqual([
      { kind: "VIDEO", details: "https://meet.example.com/ada" },
      { kind: "IN_PERSON", details: "12 Rue de Rivoli, Paris" },
    ]);
  });
});

describe("problems", () => {
  test("a weekly time range's problem is found by the range's index in the whole week", () => {
    const [tuesday] = saved.week.TUESDAY;
    const found = mapServerProblems({ "weekly.2.to": "too early" }, saved);
    expect(found).toEqual({ [`${tuesday?.key}.to`]: "too early" });
  });

  test("the problems of overrides, offers and single fields are mapped to form fields", () => {
    const [day] = saved.overrides;
    const found = mapServerProblems(
      {
        "overrides.0.date": "twice",
        "overrides.0.hours.0.from": "overlap",
        "offers.1.price.amount": "negative",
        "offers.1.minutes": "odd",
        "offers.1.place.details": "missing",
        horizonDays: "too many",
      },
      saved,
    );
    expect(found).toEqual({
      [`${day?.key}.date`]: "twice",
      [`${day?.hours[0]?.key}.from`]: "overlap",
      [`${saved.offers[1]?.key}.price`]: "negative",
      [`${saved.offers[1]?.key}.minutes`]: "odd",
      [`${saved.offers[1]?.key}.placeDetails`]: "missing",
      horizonDays: "too many",
    });
  });

  test("values that the server could not parse are reported before sending", () => {
    expect(validateDraft(saved, 2, WORDS)).toEqual({});
    const draft: Draft = {
      week: { ...saved.week, SUNDAY: [{ key: "s", from: "", to: "10:00" }] },
      overrides: [{ key: "o", date: "", until: "2026-12-24", hours: [] }],
      offers: [{ ...saved.offers[0]!, key: "p", price: "much" }],
      rules: { ...saved.rules, horizonDays: "1.5" },
    };
    expect(validateDraft(draft, 2, WORDS)).toEqual({
      "s.from": "no time",
      "o.date": "no date",
      "p.price": "no price",
      horizonDays: "no number",
    });
  });
});

describe("spans", () => {
  test("midnight in the end field means the end of the day", () => {
    expect(toFieldTime("24:00")).toBe("00:00");
    expect(fromFieldEnd("00:00")).toBe("24:00");
    expect(fromFieldEnd("12:30")).toBe("12:30");
  });

  test("a suggested range starts after the last range and stays within the day", () => {
    expect(suggestSpan([])).toMatchObject({ from: "09:00", to: "17:00" });
    expect(suggestSpan([toSpan({ from: "09:00", to: "12:00" })])).toMatchObject({
      from: "13:00",
      to: "16:00",
    });
    expect(suggestSpan([toSpan({ from: "09:00", to: "23:30" })])).toMatchObject({
      from: "23:00",
      to: "24:00",
    });
  });

  test("Monday's hours are copied to Tuesday through Friday, but not to the weekend", () => {
    const week = copyMondayToWeekdays({
      ...saved.week,
      SATURDAY: [toSpan({ from: "10:00", to: "11:00" })],
    });
    expect(week.FRIDAY.map(({ from }) => from)).toEqual(["08:30", "14:00"]);
    expect(week.SATURDAY.map(({ from }) => from)).toEqual(["10:00"]);
    expect(week.FRIDAY[0]?.key).not.toBe(week.MONDAY[0]?.key);
  });
});

describe("prices", () => {
  test("are formatted for a text field", () => {
    expect(formatPriceField(7_250, 2, "de-DE")).toBe("72,50");
    expect(formatPriceField(7_200, 2, "en-GB")).toBe("72");
    expect(formatPriceField(7_200, 0, "en-GB")).toBe("7200");
  });

  test("are parsed", () => {
    expect(parseAmount("72.5", 2)).toBe(7_250);
    expect(parseAmount("7200", 0)).toBe(7_200);
    for (const typed of ["", "-1", "1.234", "a", "1.5.0"])
      expect(parseAmount(typed, 2)).toBeUndefined();
  });
});
