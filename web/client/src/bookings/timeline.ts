import type { BookingStatus } from "../api/gql/graphql.ts";
import type { BookingChange } from "./describeChange.ts";

interface Dated {
  readonly status: BookingStatus;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly history: readonly BookingChange[];
  readonly reviewableUntil: string | null;
}

/** A point on a booking's timeline: a past change, or one of the next steps. */
export type TimelinePoint =
  | { readonly kind: "change"; readonly at: string; readonly change: BookingChange }
  | { readonly kind: "answer" }
  | { readonly kind: "session"; readonly at: string; readonly isNow: boolean }
  | { readonly kind: "review"; readonly until: string };

/** Return a booking's past changes and next steps; its hold is included only until it is booked. */
export function timelineOf(booking: Dated, now: number): TimelinePoint[] {
  const { status, startsAt, endsAt, history, reviewableUntil } = booking;
  const changes = history.filter(({ to }, index) => to !== "HELD" || index === history.length - 1);
  const points: TimelinePoint[] = changes.map((change) => ({
    kind: "change",
    at: change.at,
    change,
  }));
  if (status === "PENDING") points.push({ kind: "answer" });
  const isStanding = status === "PENDING" || status === "CONFIRMED";
  if (isStanding && Date.parse(endsAt) > now) {
    points.push({ kind: "session", at: startsAt, isNow: Date.parse(startsAt) <= now });
  }
  if (reviewableUntil && Date.parse(reviewableUntil) > now) {
    points.push({ kind: "review", until: reviewableUntil });
  }
  return points;
}
