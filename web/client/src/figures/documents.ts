import { graphql } from "../api/gql/gql.ts";
import type { ShownFiguresFragment } from "../api/gql/graphql.ts";

graphql(`
  fragment ShownFigures on Figures {
    from
    to
    timeZone
    booked
    completed
    cancelled
    noShows
    income {
      amount
      currency
      decimals
    }
    perDay {
      date
      booked
      income {
        amount
      }
    }
  }
`);

graphql(`
  fragment EarlierFigures on Figures {
    booked
    income {
      amount
      currency
      decimals
    }
  }
`);

export type ShownFigures = ShownFiguresFragment;

/** Figures of the earlier period with which the chosen period is compared. */
export type EarlierFigures = Pick<ShownFigures, "booked" | "income">;

export const EXPERT_FIGURES = graphql(`
  query ExpertFigures($id: ID!, $from: Date!, $to: Date!, $earlierFrom: Date!, $earlierTo: Date!) {
    expert(id: $id) {
      id
      figures(from: $from, to: $to) {
        ...ShownFigures @unmask
      }
      earlier: figures(from: $earlierFrom, to: $earlierTo) {
        ...EarlierFigures @unmask
      }
    }
  }
`);

export const ALL_FIGURES = graphql(`
  query AllFigures($from: Date!, $to: Date!, $earlierFrom: Date!, $earlierTo: Date!) {
    figures(from: $from, to: $to) {
      ...ShownFigures @unmask
    }
    earlier: figures(from: $earlierFrom, to: $earlierTo) {
      ...EarlierFigures @unmask
    }
  }
`);
