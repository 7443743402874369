import type { ApolloCache, Reference } from "@apollo/client";

import { graphql } from "../api/gql/gql.ts";
import { matchesList, firstPageVariables, VIEWS, insertBooking } from "./lists.ts";

/** The fields that decide which lists contain a booking, and those of `BookingCard`. */
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

/** IDs of removed bookings, which a delayed event must not add to the lists again. */
const removedIds = new Set<string>();

/** Add a cached booking, if it is the given client's, to each loaded list to which it belongs. */
export function addToLists(
  cache: ApolloCache,
  id: string,
  clientId: string | undefined,
  now = Date.now(),
): void {
  if (removedIds.has(id)) return;
  const booking = cache.readFragment({
    fragment: LISTED_BOOKING,
    fragmentName: "ListedBooking",
    from: { __typename: "Booking", id },
  });
  if (!booking || booking.client.id !== clientId) return;
  for (const view of VIEWS) {
    if (!matchesList(view, booking, now)) continue;
    cache.updateQuery(
      { query: BOOKINGS, variables: firstPageVariables(view, now) },
      (data) => data && { bookings: insertBooking(data.bookings, booking) },
    );
  }
}

/** Remove a booking from all cached lists. */
export function removeFromLists(cache: ApolloCache, id: string): void {
  removedIds.add(id);
  cache.modify({
    fields: {
      bookings: (list: object, { readField }) => {
        const { edges } = list as { edges?: { node: Reference }[] };
        return { ...list, edges: edges?.filter(({ node }) => readField("id", node) !== id) };
      },
    },
  });
}

/** Let events add a booking to the lists again, because the server refused its removal. */
export function undoRemoval(id: string): void {
  removedIds.delete(id);
}
