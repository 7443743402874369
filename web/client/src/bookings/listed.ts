import type { ApolloCache, Reference } from "@apollo/client";

import { graphql } from "../api/gql/gql.ts";
import { belongs, firstPage, VIEWS, withBooking } from "./lists.ts";

/** Fields that decide which lists contain a booking; the card selects the others. */
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

/** IDs of removed bookings, so that a late event does not add them again. */
const removed = new Set<string>();

/** Add a client's cached booking to each loaded list that it belongs to. */
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

/** Remove a booking from all lists. */
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

/** Undo a removal that the server refused. */
export function relist(id: string): void {
  removed.delete(id);
}
