import { graphql } from "../api/gql/gql.ts";

export const UPDATE_PROFILE = graphql(`
  mutation UpdateProfile($input: UpdateProfileInput!) {
    updateProfile(input: $input) {
      ... on User {
        id
        name
        timeZone
        language
        phone
      }
      ... on InvalidInput {
        fields {
          field
          message
        }
      }
    }
  }
`);
