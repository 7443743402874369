import { graphql } from "../api/gql/gql.ts";

/** An expert's profile, as the expert and administrators edit it. */
export const EDITED_EXPERT = graphql(`
  fragment EditedExpert on Expert {
    id
    slug
    name
    title
    category
    bio
    contactEmail
    photoUrl
    experienceYears
    languages
    timeZone
    hourlyRate {
      amount
      currency
      decimals
    }
  }
`);

export const ONE_EXPERT = graphql(`
  query EditedExpert($id: ID!) {
    expert(id: $id) {
      ...EditedExpert @unmask
    }
  }
`);
