import { expect, it } from "vitest";

import type { BookingStatus } from "../api/gql/graphql.ts";
import { timelineOf } from "./timeline.ts";

const START = "2026-12-01T10:00:00Z";
const END = "2026-12-01T10:30:00Z";
const NOW = Date.parse("2026-11-26T09:00:00Z");

const REVIEWABLE = "2026-12-31T10:00:00Z";

function booking(...statuses: BookingStatus[]) {
  const history = statuses.map((to, index) => ({
    __typename: "BookingChange" as const,
    at: `2026-11-26T0${index}:00:00Z`,
    from: statuses[index - 1] ?? null,
    to,
    startsAt: START,
    reason: null,
    actor: null,
  }));
  const status = statuses.at(-1)!;
  const reviewableUntil = status === "COMPLETED" ? REVIEWABLE : null;
  return { status, startsAt: START, endsAt: END, history, reviewableUntil };
}

function pointsOf(statuses: BookingStatus[], now = NOW): string[] {
  return timelineOf(booking(...statuses), now).map((point) =>
    point.kind === "change" ? point.change.to : point.kind,
  );
}

it("begins with the booking, not with its hold, and ends with the session", () => {
  expect(pointsOf(["HELD", "CONFIRMED"])).toEqual(["CONFIRMED", "session"]);
});

it("shows that a request waits for the expert's answer", () => {
  expect(pointsOf(["HELD", "PENDING"])).toEqual(["PENDING", "answer", "session"]);
});

it("leaves out a session that will not take place", () => {
  expect(pointsOf(["HELD"])).toEqual(["HELD"]);
  expect(pointsOf(["HELD", "EXPIRED"])).toEqual(["EXPIRED"]);
  expect(pointsOf(["CONFIRMED", "CANCELLED"])).toEqual(["CONFIRMED", "CANCELLED"]);
});

it("shows the session until it ends, and marks it as current while it lasts", () => {
  const confirmed = booking("CONFIRMED");
  expect(timelineOf(confirmed, Date.parse(START) - 1).at(-1)).toMatchObject({ isNow: false });
  expect(timelineOf(confirmed, Date.parse(START)).at(-1)).toMatchObject({ isNow: true });
  expect(pointsOf(["CONFIRMED"], Date.parse(END))).toEqual(["CONFIRMED"]);
});

it("ends with the review while the client can still write or edit one", () => {
  const now = Date.parse(REVIEWABLE);
  expect(pointsOf(["CONFIRMED", "COMPLETED"], now - 1)).toEqual([
    ...["CONFIRMED", "COMPLETED"],
    "review",
  ]);
  expect(pointsOf(["CONFIRMED", "COMPLETED"], now)).toEqual(["CONFIRMED", "COMPLETED"]);
  expect(pointsOf(["CONFIRMED", "NO_SHOW"], now - 1)).toEqual(["CONFIRMED", "NO_SHOW"]);
});
