import { useApolloClient, useQuery } from "@apollo/client/react";
import { useEffect, useMemo, useRef, useState } from "react";

import { useConnection } from "../api/connection.ts";
import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { MOST } from "../bookings/lists.ts";
import { useNow } from "../time/clock.ts";
import { DESK_BOOKINGS } from "./deskBookings.ts";
import { type DeskList, firstPage, PAGE, shown } from "./lists.ts";

export interface DeskBookings {
  /** Undefined until the first result. */
  readonly bookings: readonly DeskBookingFragment[] | undefined;
  readonly error: Error | undefined;
  readonly hasMore: boolean;
  readonly isReadingMore: boolean;
  more(): Promise<void>;
  retry(): void;
}

/**
 * One of the desk's lists, updated live.
 *
 * It is refetched after a reconnect, when events may have been missed, and when a session starts or
 * ends: the allowed actions change then, and no event reports that.
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
      // A failed refetch is repeated after the next reconnect.
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

/** Return the latest start or end of a session that has passed, in milliseconds; 0 if none has. */
function lastReached(bookings: readonly DeskBookingFragment[], now: number): number {
  const instants = bookings.flatMap(({ startsAt, endsAt }) => [
    Date.parse(startsAt),
    Date.parse(endsAt),
  ]);
  return Math.max(0, ...instants.filter((instant) => instant <= now));
}
