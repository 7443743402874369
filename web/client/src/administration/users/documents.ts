import { graphql } from "../../api/gql/gql.ts";

/** Fields of an account in the administrators' list. */
export const ADMINISTERED_USER = graphql(`
  fragment AdministeredUser on User {
    id
    name
    email
    emailVerified
    role
    timeZone
    disabled
    expert {
      id
      slug
    }
  }
`);

export const USERS = graphql(`
  query Users($search: String, $role: Role, $first: Int, $after: String) {
    users(search: $search, role: $role, first: $first, after: $after) {
      edges {
        cursor
        node {
          ...AdministeredUser @unmask
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

export const UPDATE_USER = graphql(`
  mutation UpdateUser($input: UpdateUserInput!) {
    updateUser(input: $input) {
      ... on User {
        ...AdministeredUser @unmask
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
