import type { ApolloCache } from "@apollo/client";

import { graphql } from "../api/gql/gql.ts";
import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { insertBooking } from "../bookings/lists.ts";
import { matchesList, type DeskList, firstPageVariables } from "./lists.ts";

/** A booking, as its expert sees it. */
export const DESK_BOOKING = graphql(`
  fragment DeskBooking on Booking {
    id
    reference
    status
    startsAt
    endsAt
    minutes
    note
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

const LISTS: readonly DeskList[] = ["requests", "upcoming", "past"];

/** Add a booking to each loaded desk list that it belongs to. */
export function addToDeskLists(
  cache: ApolloCache,
  booking: DeskBookingFragment,
  today: string,
): void {
  for (const list of LISTS) {
    if (!matchesList(list, booking, today)) continue;
    cache.updateQuery(
      { query: DESK_BOOKINGS, variables: firstPageVariables(list, booking.expert.id, today) },
      (data) => data && { bookings: insertBooking(data.bookings, booking) },
    );
  }
}
