import { useQuery } from "@apollo/client/react";

import { graphql } from "../api/gql/gql.ts";
import type { Hold } from "../holds/holds.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { stepWords } from "./stepWords.ts";

const SAME_TIME = graphql(`
  query SameTime($from: DateTime!, $to: DateTime!) {
    bookings(
      filter: { mine: true, statuses: [HELD, PENDING, CONFIRMED], from: $from, to: $to }
      first: 100
    ) {
      nodes {
        id
        sequence
        startsAt
        endsAt
        expert {
          id
          name
        }
      }
    }
  }
`);

/** Length of the longest session; one that began earlier has ended. */
const LONGEST_MS = 8 * 60 * 60 * 1000;

/** Warning that the viewer has a session with another expert at the time of a hold. */
export function SameTime({ hold, expertId }: { hold: Hold; expertId: string }) {
  const text = useWords(stepWords);
  const formats = useFormats();
  const { startsAt, endsAt } = hold.slot;
  const from = new Date(Date.parse(startsAt) - LONGEST_MS).toISOString();
  const { data } = useQuery(SAME_TIME, {
    variables: { from, to: endsAt },
    fetchPolicy: "network-only",
  });
  const other = data?.bookings.nodes.find(
    (booking) =>
      booking.expert.id !== expertId && Date.parse(booking.endsAt) > Date.parse(startsAt),
  );
  return (
    <p role="status" className="text-danger empty:hidden">
      {other && text.sameTime(other.expert.name, formats.time(other.startsAt))}
    </p>
  );
}
