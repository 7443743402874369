import { useApolloClient, useQuery } from "@apollo/client/react";
import { useEffect, useMemo, useRef, useState } from "react";

import { useConnection } from "../api/connection.ts";
import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { MOST } from "../bookings/lists.ts";
import { useNow } from "../time/clock.ts";
import { DESK_BOOKINGS } from "./deskBookings.ts";
import { type DeskList, firstPage, PAGE, shown } from "./lists.ts";

export interface DeskBookings {
  /** Undefined before the first answer. */
  readonly bookings: readonly DeskBookingFragment[] | undefined;
  readonly error: Error | undefined;
  readonly hasMore: boolean;
  readonly isReadingMore: boolean;
  more(): Promise<void>;
  retry(): void;
}

/**
 * A list of the desk, kept as it is on the server.
 *
 * It is read anew after a break of the connection, when changes may have been missed, and when a
 * session begins or ends: what can be done with it changes then, and no event says so.
 */
export function useDeskList(list: DeskList, expertId: string, today: string): DeskBookings {
  const client = useApolloClient();
  const now = useNow(60_000);
  const { returns } = useConnection();
  const variables = useMemo(() => firstPage(list, expertId, today), [list, expertId, today]);
  const query = useQuery(DESK_BOOKINGS, { variables, fetchPolicy: "cache-and-network" });
  const [isReadingMore, setReadingMore] = useState(false);
  const connection = (query.data ?? query.previousData)?.bookings;
  const readsBackwards = variables.last !== undefined;
  const count = connection?.edges.length ?? 0;
  const bookings = connection && shown(list, connection.edges, today);
  const reached = lastReached(bookings ?? [], now);

  const known = useRef({ returns, reached });
  useEffect(() => {
    const isBehind = known.current.returns !== returns || known.current.reached < reached;
    known.current = { returns, reached: Math.max(reached, known.current.reached) };
    if (!isBehind) return;
    const size = Math.min(MOST, Math.max(PAGE, count));
    const asMany = readsBackwards ? { last: size } : { first: size };
    client
      .query({
        query: DESK_BOOKINGS,
        variables: { ...variables, ...asMany },
        fetchPolicy: "network-only",
      })
      // When the connection goes again, its next return tries again.
      .catch(() => undefined);
  }, [returns, reached, client, variables, readsBackwards, count]);

  return {
    bookings,
    error: connection ? undefined : query.error,
    hasMore: Boolean(
      readsBackwards ? connection?.pageInfo.hasPreviousPage : connection?.pageInfo.hasNextPage,
    ),
    isReadingMore,
    async more() {
      setReadingMore(true);
      const { startCursor, endCursor } = connection?.pageInfo ?? {};
      try {
        await query.fetchMore({
          variables: readsBackwards
            ? { before: startCursor ?? null }
            : { after: endCursor ?? null },
        });
      } finally {
        setReadingMore(false);
      }
    },
    retry: () => void query.refetch(),
  };
}

/** The last instant at which a session began or ended. */
function lastReached(bookings: readonly DeskBookingFragment[], now: number): number {
  const instants = bookings.flatMap(({ startsAt, endsAt }) => [
    Date.parse(startsAt),
    Date.parse(endsAt),
  ]);
  return Math.max(0, ...instants.filter((instant) => instant <= now));
}
