import { graphql } from "../api/gql/gql.ts";

/** Fields of an expert that the expert's page shows, besides the calendar. */
export const EXPERT_PROFILE = graphql(`
  fragment ExpertProfile on Expert {
    id
    slug
    name
    title
    category
    bio
    photoUrl
    experienceYears
    languages
    rating
    reviewCount
    offers {
      minutes
      place {
        kind
      }
      price {
        amount
        currency
        decimals
      }
    }
    availability {
      confirmsAutomatically
      cancellationNoticeMinutes
      minimumNoticeMinutes
      horizonDays
    }
  }
`);
