import type { BookingCardFragment } from "../api/gql/graphql.ts";
import type { Formats } from "../time/formats.ts";
import { isMove } from "./lists.ts";
import type { bookingsWords } from "./words.ts";

export type BookingChange = BookingCardFragment["history"][number];

/** Describe a change in a booking's history in the user's language. */
export function describeChange(
  change: BookingChange,
  text: (typeof bookingsWords)["en"],
  formats: Formats,
): string {
  if (isMove(change)) return text.movedTo(formats.moment(change.startsAt));
  if (change.to === "CONFIRMED" && change.from !== "PENDING") return text.booked;
  if (change.to === "CANCELLED" && change.from === "HELD") return text.released;
  return text.steps[change.to];
}
