import { graphql } from "../../api/gql/gql.ts";

/** Query for the slots, by day, to which a session of the given length can be moved. */
export const FREE_DAYS = graphql(`
  query FreeDays($expertId: ID!, $from: Date!, $count: Int!, $timeZone: TimeZone!, $minutes: Int!) {
    expert(id: $expertId) {
      id
      days(from: $from, count: $count, timeZone: $timeZone, minutes: $minutes) {
        date
        slots {
          ...SlotTime @unmask
        }
      }
    }
  }
`);
