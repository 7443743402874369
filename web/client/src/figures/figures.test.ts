import { parseDate } from "@internationalized/date";
import { expect, it } from "vitest";

import { barsOf, scaleOf } from "./bars.ts";
import { parsePeriod, spansOf } from "./periods.ts";

const TODAY = parseDate("2028-02-29");

it("compares a period with the same number of days before it", () => {
  expect(spansOf("week", TODAY)).toEqual({
    span: { from: "2028-02-23", to: "2028-02-29" },
    before: { from: "2028-02-16", to: "2028-02-22" },
  });
  expect(spansOf("coming", TODAY).span).toEqual({ from: "2028-02-29", to: "2028-03-29" });
});

it("covers a leap year within the limit of 366 days", () => {
  expect(spansOf("year", TODAY)).toEqual({
    span: { from: "2028-01-01", to: "2028-12-31" },
    before: { from: "2026-12-31", to: "2027-12-31" },
  });
});

it("falls back to thirty days for an unknown period", () => {
  expect(parsePeriod("decade")).toBe("month");
  expect(parsePeriod("year")).toBe("year");
});

function days(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    date: parseDate("2027-01-01").add({ days: index }).toString(),
    booked: 2,
    income: { amount: 150 },
  }));
}

it("adds up the days of each month of a long period", () => {
  expect(barsOf(days(62)).bars).toHaveLength(62);
  const { bars, areMonths } = barsOf(days(365));
  expect(areMonths).toBe(true);
  expect(bars).toHaveLength(12);
  expect(bars[1]).toEqual({ date: "2027-02-01", booked: 56, income: 4200 });
});

it("places the grid lines at round values", () => {
  expect(scaleOf(0)).toEqual([0, 1]);
  expect(scaleOf(3)).toEqual([0, 1, 2, 3]);
  expect(scaleOf(64)).toEqual([0, 20, 40, 60, 80]);
  expect(scaleOf(1_284)).toEqual([0, 500, 1_000, 1_500]);
});
