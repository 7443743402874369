import { afterEach, expect, it, vi } from "vitest";

import { formats } from "./formats.ts";

afterEach(() => vi.useRealTimers());

const paris = formats("en-GB", { zone: "Europe/Paris", hourCycle: "h23" });
const honolulu = formats("de-DE", { zone: "Pacific/Honolulu", hourCycle: "h12" });

it("formats the time and the day of an instant in the reader's time zone", () => {
  expect(paris.time("2026-11-23T08:05:00Z")).toBe("9:05");
  expect(paris.dateOf("2026-11-22T23:30:00Z")).toBe("2026-11-23");
  expect(honolulu.dateOf("2026-11-23T08:05:00Z")).toBe("2026-11-22");
  expect(honolulu.time("2026-11-23T08:05:00Z")).toMatch(/^10:05/);
});

it("formats an instant with its day, and adds the year unless it is the current year", () => {
  vi.useFakeTimers({ now: Date.parse("2026-12-31T22:30:00Z") });
  expect(paris.moment("2026-11-23T08:05:00Z")).toBe("Mon 23 November, 9:05");
  expect(paris.moment("2027-01-04T08:05:00Z")).toBe("Mon, 4 January 2027, 9:05");
  vi.setSystemTime(Date.parse("2026-12-31T23:30:00Z"));
  expect(paris.moment("2027-01-04T08:05:00Z")).toBe("Mon 4 January, 9:05");
  expect(honolulu.moment("2026-11-23T18:05:00Z")).toMatch(/^Mo., 23. November, 8:05/);
});

it("writes times in the same form in every language", () => {
  const written = ["en-GB", "en-US", "de-DE", "de-AT"].map((locale) =>
    (["h23", "h12"] as const).map((hourCycle) =>
      formats(locale, { zone: "UTC", hourCycle })
        .time("2026-11-23T08:05:00Z")
        .replace("\u202f", " "),
    ),
  );
  expect(written).toEqual([
    ["8:05", "8:05 am"],
    ["8:05", "8:05 am"],
    ["8:05", "8:05 am"],
    ["8:05", "8:05 am"],
  ]);
  expect(paris.time("2026-11-22T23:05:00Z")).toBe("0:05");
});

it("formats a calendar day without shifting it into another time zone", () => {
  expect(paris.shortDay("2026-11-23")).toBe("Mon 23");
  expect(honolulu.day("2026-11-23")).toBe("Mo., 23. November");
});

it("formats prices with the number of decimals of their currency", () => {
  const euros = { currency: "EUR", decimals: 2 };
  expect(paris.price({ amount: 7_000, ...euros })).toBe("€70");
  expect(paris.price({ amount: 7_050, ...euros })).toBe("€70.50");
  expect(paris.price({ amount: 7_000, currency: "JPY", decimals: 0 })).toBe("JP¥7,000");
  expect(honolulu.price({ amount: 7_050, ...euros })).toMatch(/^70,50\s€$/);
});

it("formats prices with the server's number of decimals, even if the browser's differs", () => {
  const forints = { currency: "HUF", decimals: 2 };
  expect(paris.price({ amount: 4_500, ...forints })).toMatch(/^HUF\s45$/);
  expect(paris.price({ amount: 4_550, ...forints })).toMatch(/^HUF\s45.50$/);
  expect(paris.price({ amount: 9_001, currency: "KWD", decimals: 3 })).toMatch(/^KWD\s9.001$/);
});

it("formats durations in hours and minutes", () => {
  expect(paris.minutes(45)).toBe("45 mins");
  expect(paris.minutes(60)).toBe("1 hr");
  expect(paris.minutes(90)).toBe("1 hr 30 mins");
});
