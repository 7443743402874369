import type { ApolloCache, Reference } from "@apollo/client";

import { graphql } from "../api/gql/gql.ts";
import { belongs, firstPage, VIEWS, withBooking } from "./lists.ts";

/** What decides where a booking is listed; the rest is the card's. */
export const LISTED_BOOKING = graphql(`
  fragment ListedBooking on Booking {
    id
    status
    startsAt
    endsAt
    sequence
    client {
      id
    }
    ...BookingCard
  }
`);

export const BOOKINGS = graphql(`
  query Bookings($filter: BookingFilter, $first: Int, $after: String, $last: Int, $before: String) {
    bookings(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      edges {
        cursor
        node {
          ...ListedBooking @unmask
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`);

/** Those that were taken out of the lists: a late event about one must not bring it back. */
const removed = new Set<string>();

/** Put a booking of the client's that the cache knows into the lists that should have it, if they were read. */
export function enlist(
  cache: ApolloCache,
  id: string,
  clientId: string | undefined,
  now = Date.now(),
): void {
  if (removed.has(id)) return;
  const booking = cache.readFragment({
    fragment: LISTED_BOOKING,
    fragmentName: "ListedBooking",
    from: { __typename: "Booking", id },
  });
  if (!booking || booking.client.id !== clientId) return;
  for (const view of VIEWS) {
    if (!belongs(view, booking, now)) continue;
    cache.updateQuery(
      { query: BOOKINGS, variables: firstPage(view, now) },
      (data) => data && { bookings: withBooking(data.bookings, booking) },
    );
  }
}

/** Take a booking out of every list. */
export function delist(cache: ApolloCache, id: string): void {
  removed.add(id);
  cache.modify({
    fields: {
      bookings: (list, { readField }) => ({
        ...list,
        edges: list.edges?.filter(({ node }: { node: Reference }) => readField("id", node) !== id),
      }),
    },
  });
}

/** Note that a booking is not taken out after all. */
export function relist(id: string): void {
  removed.delete(id);
}
