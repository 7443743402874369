import { graphql } from "../api/gql/gql.ts";

/** The fields of a review that everybody can read. */
export const REVIEW = graphql(`
  fragment Review on Review {
    id
    rating
    text
    author
    createdAt
    editedAt
    answer
    answeredAt
    hidden
  }
`);

/** The fields of a review that its author, the reviewed expert and administrators can read. */
export const PARTY_REVIEW = graphql(`
  fragment PartyReview on Review {
    ...Review @unmask
    hiddenReason
  }
`);

// The query leaves out `hiddenReason`, so that the response is the same for everybody.
export const EXPERT_REVIEWS = graphql(`
  query ExpertReviews($id: ID!, $orderBy: ReviewOrder!, $first: Int!, $after: String) {
    expert(id: $id) {
      id
      name
      rating
      reviewCount
      ratingCounts
      reviews(orderBy: $orderBy, first: $first, after: $after) {
        edges {
          cursor
          node {
            ...Review @unmask
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
  }
`);

export const HIDDEN_REVIEWS = graphql(`
  query HiddenReviews($id: ID!) {
    expert(id: $id) {
      id
      reviews(hidden: true, first: 100) {
        edges {
          cursor
          node {
            ...PartyReview @unmask
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
  }
`);

export const BOOKING_REVIEW = graphql(`
  query BookingReview($id: ID!) {
    booking(id: $id) {
      id
      reviewableUntil
      review {
        ...PartyReview @unmask
      }
    }
  }
`);

graphql(`
  fragment ReviewOutcome on ReviewResult {
    ... on Review {
      ...PartyReview @unmask
    }
    ... on InvalidInput {
      fields {
        field
        message
      }
    }
    ... on TooLate {
      deadline
    }
    ... on Refusal {
      message
    }
  }
`);

export const WRITE_REVIEW = graphql(`
  mutation WriteReview($bookingId: ID!, $rating: Int!, $text: String!) {
    outcome: writeReview(input: { bookingId: $bookingId, rating: $rating, text: $text }) {
      ...ReviewOutcome @unmask
    }
  }
`);

export const ANSWER_REVIEW = graphql(`
  mutation AnswerReview($id: ID!, $text: String!) {
    outcome: answerReview(input: { reviewId: $id, text: $text }) {
      ...ReviewOutcome @unmask
    }
  }
`);

export const HIDE_REVIEW = graphql(`
  mutation HideReview($id: ID!, $hidden: Boolean!, $reason: String!) {
    outcome: hideReview(input: { reviewId: $id, hidden: $hidden, reason: $reason }) {
      ...ReviewOutcome @unmask
    }
  }
`);

export const REMOVE_REVIEW = graphql(`
  mutation RemoveReview($id: ID!) {
    outcome: removeReview(input: { reviewId: $id }) {
      ... on Review {
        id
      }
      ... on Refusal {
        message
      }
    }
  }
`);
