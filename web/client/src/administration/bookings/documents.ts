import { graphql } from "../../api/gql/gql.ts";

/** Fields of a booking in the administrators' list. */
export const ADMINISTERED_BOOKING = graphql(`
  fragment AdministeredBooking on Booking {
    id
    reference
    status
    startsAt
    endsAt
    minutes
    sequence
    price {
      amount
      currency
      decimals
    }
    contact {
      name
      email
    }
    client {
      id
      name
    }
    expert {
      id
      name
      photoUrl
    }
  }
`);

export const ADMINISTERED_BOOKINGS = graphql(`
  query AdministeredBookings($filter: BookingFilter, $first: Int, $after: String) {
    bookings(filter: $filter, first: $first, after: $after) {
      edges {
        cursor
        node {
          ...AdministeredBooking @unmask
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
