import { graphql } from "../api/gql/gql.ts";

/** An expert's weekly hours, overrides, offers and booking rules. */
export const HOURS = graphql(`
  fragment Hours on Expert {
    id
    name
    slug
    timeZone
    hourlyRate {
      amount
      currency
      decimals
    }
    offers {
      minutes
      place {
        kind
        details
      }
      price {
        amount
        currency
        decimals
      }
    }
    availability {
      weekly {
        weekday
        from
        to
      }
      overrides {
        date
        hours {
          from
          to
        }
      }
      stepMinutes
      breakMinutes
      minimumNoticeMinutes
      horizonDays
      cancellationNoticeMinutes
      confirmsAutomatically
      version
    }
  }
`);

export const EXPERT_HOURS = graphql(`
  query ExpertHours($id: ID!) {
    expert(id: $id) {
      ...Hours @unmask
    }
  }
`);

export const SET_AVAILABILITY = graphql(`
  mutation SetAvailability($input: SetAvailabilityInput!) {
    setAvailability(input: $input) {
      ... on AvailabilitySet {
        expert {
          ...Hours @unmask
        }
        outside {
          id
          reference
          startsAt
          minutes
          status
          sequence
          contact {
            name
            email
          }
        }
      }
      ... on InvalidInput {
        fields {
          field
          message
        }
      }
      ... on Refusal {
        message
      }
    }
  }
`);
