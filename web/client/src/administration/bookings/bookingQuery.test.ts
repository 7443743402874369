import { expect, test } from "vitest";

import { bookingFilter, parseBookingSearch } from "./bookingQuery.ts";

function filter(address: string, zone = "Europe/Paris") {
  return bookingFilter(parseBookingSearch(new URLSearchParams(address)), zone);
}

test("words, a state and days become a filter", () => {
  expect(filter("")).toEqual({});
  expect(filter("search= 7KQ2 elsa &status=PENDING")).toEqual({
    search: "7KQ2 elsa",
    statuses: ["PENDING"],
  });
});

test("the days are in the reader's time zone, the last one included", () => {
  expect(filter("from=2026-11-26&to=2026-11-26")).toEqual({
    from: "2026-11-25T23:00:00.000Z",
    to: "2026-11-26T23:00:00.000Z",
  });
  // The clock goes back on this day, which has 25 hours.
  expect(filter("from=2026-10-25&to=2026-10-25")).toEqual({
    from: "2026-10-24T22:00:00.000Z",
    to: "2026-10-25T23:00:00.000Z",
  });
});

test("malformed values are ignored", () => {
  expect(filter("status=GONE&from=yesterday&to=2026-13-40")).toEqual({});
});
