import type { ApolloCache } from "@apollo/client";

import { graphql } from "../api/gql/gql.ts";
import type { DeskBookingFragment, DeskBookingsQueryVariables } from "../api/gql/graphql.ts";
import { insertBooking } from "../bookings/lists.ts";
import { matchesFilter } from "./lists.ts";

/** Fields of a booking that the expert's desk shows. */
export const DESK_BOOKING = graphql(`
  fragment DeskBooking on Booking {
    id
    reference
    status
    startsAt
    endsAt
    minutes
    note
    expertNote
    heldUntil
    sequence
    viewerActions
    place {
      kind
      details
    }
    price {
      amount
      currency
      decimals
    }
    contact {
      name
      email
      phone
      timeZone
    }
    client {
      id
    }
    expert {
      id
      name
    }
    history {
      at
      from
      to
      startsAt
      reason
      actor {
        id
        name
      }
    }
  }
`);

export const DESK_BOOKINGS = graphql(`
  query DeskBookings(
    $filter: BookingFilter
    $first: Int
    $after: String
    $last: Int
    $before: String
  ) {
    bookings(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      edges {
        cursor
        node {
          ...DeskBooking @unmask
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

export const DESK_BOOKING_CHANGED = graphql(`
  subscription DeskBookingChanged {
    bookingChanged {
      ...DeskBooking @unmask
    }
  }
`);

export const ONE_DESK_BOOKING = graphql(`
  query OneDeskBooking($id: ID!) {
    booking(id: $id) {
      ...DeskBooking @unmask
    }
  }
`);

/** Add a booking to each of the given lists that is loaded and whose filter matches the booking. */
export function addToDeskLists(
  cache: ApolloCache,
  booking: DeskBookingFragment,
  lists: readonly DeskBookingsQueryVariables[],
): void {
  for (const variables of lists) {
    if (!matchesFilter(variables.filter ?? {}, booking)) continue;
    cache.updateQuery(
      { query: DESK_BOOKINGS, variables },
      (data) => data && { bookings: insertBooking(data.bookings, booking) },
    );
  }
}
