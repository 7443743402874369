import { expect, test } from "vitest";

import { bookingFilter, parseBookingSearch } from "./bookingQuery.ts";

function filter(address: string, zone = "Europe/Paris") {
  return bookingFilter(parseBookingSearch(new URLSearchParams(address)), zone);
}

test("search words, a booking status and days become a filter", () => {
  expect(filter("")).toEqual({});
  expect(filter("search= 7KQ2 elsa &status=PENDING")).toEqual({
    search: "7KQ2 elsa",
    statuses: ["PENDING"],
  });
});

test("days are those of the reader's time zone, and the last day is included", () => {
  expect(filter("from=2026-11-26&to=2026-11-26")).toEqual({
    from: "2026-11-25T23:00:00.000Z",
    to: "2026-11-26T23:00:00.000Z",
  });
  // The clocks go back on this day, which therefore has 25 hours.
  expect(filter("from=2026-10-25&to=2026-10-25")).toEqual({
    from: "2026-10-24T22:00:00.000Z",
    to: "2026-10-25T23:00:00.000Z",
  });
});

test("malformed values in the URL are ignored", () => {
  expect(filter("status=GONE&from=yesterday&to=2026-13-40")).toEqual({});
});
