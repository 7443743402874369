import { expect, test } from "vitest";

import type { BookingStatus } from "../api/gql/graphql.ts";
import {
  matchesList,
  firstPageVariables,
  visibleBookings,
  parseView,
  insertBooking,
} from "./lists.ts";

const NOW = Date.parse("2026-11-21T12:30:00Z");

function booking(id: string, startsAt: string, status: BookingStatus = "CONFIRMED") {
  const endsAt = new Date(Date.parse(startsAt) + 3_600_000).toISOString();
  return { id, status, startsAt, endsAt };
}

type Row = ReturnType<typeof booking>;

function list(bookings: Row[], has: { next?: boolean; previous?: boolean } = {}) {
  return {
    edges: bookings.map((node) => ({ cursor: `at ${node.id}`, node })),
    pageInfo: { hasNextPage: has.next ?? false, hasPreviousPage: has.previous ?? false },
  };
}

function ids(connection: ReturnType<typeof list>): string[] {
  return connection.edges.map(({ node }) => node.id);
}

const late = booking("late", "2026-11-25T10:00:00Z");
const early = booking("early", "2026-11-23T10:00:00Z");
const between = booking("between", "2026-11-24T10:00:00Z");

test("the URL selects a list; an unknown name selects the upcoming bookings", () => {
  expect(parseView("past")).toBe("past");
  expect(parseView("elsewhere")).toBe("coming");
  expect(parseView(null)).toBe("coming");
});

test("the query variables of a list stay the same for a day", () => {
  expect(firstPageVariables("coming", NOW)).toEqual(firstPageVariables("coming", NOW + 3_600_000));
  expect(firstPageVariables("past", NOW)).not.toEqual(firstPageVariables("past", NOW + 86_400_000));
});

test("a booking matches the lists in which the server would return it", () => {
  expect(matchesList("coming", late, NOW)).toBe(true);
  expect(matchesList("past", late, NOW)).toBe(false);
  expect(matchesList("cancelled", late, NOW)).toBe(false);
  const cancelled = booking("cancelled", "2026-11-25T10:00:00Z", "CANCELLED");
  expect(matchesList("coming", cancelled, NOW)).toBe(false);
  expect(matchesList("cancelled", cancelled, NOW)).toBe(true);
});

test("upcoming sessions are sorted earliest first, past sessions latest first", () => {
  const { edges } = list([late, between, early]);
  expect(visibleBookings("coming", edges, NOW)).toEqual([early, between, late]);
  const later = Date.parse("2027-01-01T00:00:00Z");
  expect(visibleBookings("past", edges, later)).toEqual([late, between, early]);
});

test("a session is upcoming until it ends", () => {
  const running = booking("running", "2026-11-21T12:00:00Z");
  const over = booking("over", "2026-11-21T11:00:00Z");
  const { edges } = list([running, over]);
  expect(visibleBookings("coming", edges, NOW)).toEqual([running]);
  expect(visibleBookings("past", edges, NOW)).toEqual([over]);
});

test("a booking that is on two loaded pages is shown only once", () => {
  const { edges } = list([late, late]);
  expect(visibleBookings("coming", edges, NOW)).toEqual([late]);
});

test("a cancelled booking keeps its position; a rescheduled one is sorted by its new time", () => {
  const cancelled = booking("cancelled", "2026-11-24T10:00:00Z", "CANCELLED");
  const moved = booking("moved", "2026-11-26T10:00:00Z");
  const { edges } = list([late, cancelled, moved, early]);
  expect(visibleBookings("coming", edges, NOW)).toEqual([early, cancelled, late, moved]);
});

test("a new booking is inserted in the order of the start times", () => {
  expect(ids(insertBooking(list([late, early]), between))).toEqual(["late", "between", "early"]);
  expect(ids(insertBooking(list([between, early]), late))).toEqual(["late", "between", "early"]);
  expect(ids(insertBooking(list([late, between]), early))).toEqual(["late", "between", "early"]);
  expect(ids(insertBooking(list([]), early))).toEqual(["early"]);
});

test("a booking that is already in the list is not inserted again", () => {
  const before = list([late, early]);
  const again = booking("early", "2026-11-23T10:00:00Z", "PENDING");
  expect(insertBooking(before, again)).toBe(before);
});

test("a new booking beyond the loaded pages is not inserted", () => {
  const rest = list([late, between], { next: true });
  expect(insertBooking(rest, early)).toBe(rest);
  const first = list([between, early], { previous: true });
  expect(insertBooking(first, late)).toBe(first);
  expect(ids(insertBooking(list([late, early], { next: true, previous: true }), between))).toEqual([
    "late",
    "between",
    "early",
  ]);
});
