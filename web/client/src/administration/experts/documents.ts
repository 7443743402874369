import { graphql } from "../../api/gql/gql.ts";

export const ADMINISTERED_EXPERTS = graphql(`
  query AdministeredExperts(
    $filter: ExpertFilter
    $orderBy: ExpertOrder
    $first: Int
    $after: String
    $last: Int
    $before: String
  ) {
    experts(
      filter: $filter
      orderBy: $orderBy
      first: $first
      after: $after
      last: $last
      before: $before
    ) {
      nodes {
        ...EditedExpert @unmask
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

/** Query for listed experts by name; an expert missing from the result is not listed. */
export const LISTED_EXPERTS = graphql(`
  query ListedExperts($name: String!) {
    experts(filter: { search: $name }, first: 100) {
      nodes {
        id
      }
    }
  }
`);

export const UPDATE_EXPERT = graphql(`
  mutation UpdateExpert($input: UpdateExpertInput!) {
    updateExpert(input: $input) {
      ... on Expert {
        ...EditedExpert @unmask
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

export const CREATE_EXPERT = graphql(`
  mutation CreateExpert($input: CreateExpertInput!) {
    createExpert(input: $input) {
      ... on Expert {
        ...EditedExpert @unmask
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

/** Query for the account that becomes an expert, and for the currency that other experts use. */
export const NEW_EXPERT_DATA = graphql(`
  query FutureExpert($id: ID!) {
    node(id: $id) {
      ... on User {
        id
        name
        email
        timeZone
        expert {
          id
        }
      }
    }
    experts(first: 1) {
      nodes {
        id
        hourlyRate {
          amount
          currency
          decimals
        }
      }
    }
  }
`);
