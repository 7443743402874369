import { useApolloClient, useQuery } from "@apollo/client/react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";

import { useConnection } from "../api/connection.ts";
import type { DeskBookingFragment, DeskBookingsQueryVariables } from "../api/gql/graphql.ts";
import { MAX_PAGE_SIZE } from "../bookings/lists.ts";
import { useNow } from "../time/clock.ts";
import { DESK_BOOKINGS } from "./deskBookings.ts";
import { PAGE_SIZE, visibleBookings } from "./lists.ts";

export interface DeskBookings {
  /** The loaded bookings; undefined until the first page has been loaded. */
  readonly bookings: readonly DeskBookingFragment[] | undefined;
  readonly error: Error | undefined;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  loadMore: () => Promise<void>;
  retry: () => void;
}

/**
 * Return a list of the expert's bookings, updated live.
 *
 * The list is refetched after a reconnect, because events may have been missed. The list is also
 * refetched when a session starts or ends, because no event reports that other actions are allowed
 * from then on.
 *
 * @param variables the query variables of the list's first page. Renders must pass the same object
 *   as long as the values stay the same.
 */
export function useDeskBookings(variables: DeskBookingsQueryVariables): DeskBookings {
  const client = useApolloClient();
  const now = useNow(60_000);
  const { reconnects } = useConnection();
  const query = useQuery(DESK_BOOKINGS, { variables, fetchPolicy: "cache-and-network" });
  const [isLoadingMore, setIsLoadingMore] = useState(false);
  const connection = (query.data ?? query.previousData)?.bookings;
  const pageInfo = query.data?.bookings.pageInfo;
  const readsBackwards = variables.last !== undefined;
  const count = connection?.edges.length ?? 0;
  const bookings = connection && visibleBookings(variables, connection.edges);
  const passedBoundary = latestPassedBoundary(bookings ?? [], now);

  const known = useRef({ reconnects, passedBoundary });
  useEffect(() => {
    const isStale =
      known.current.reconnects !== reconnects || known.current.passedBoundary < passedBoundary;
    known.current = {
      reconnects,
      passedBoundary: Math.max(passedBoundary, known.current.passedBoundary),
    };
    if (!isStale) return;
    const size = Math.min(MAX_PAGE_SIZE, Math.max(PAGE_SIZE, count));
    const pageSize = readsBackwards ? { last: size } : { first: size };
    client
      .query({
        query: DESK_BOOKINGS,
        variables: { ...variables, ...pageSize },
        fetchPolicy: "network-only",
      })
      // Ignore the error: the list is refetched after the next reconnect.
      .catch(() => undefined);
  }, [reconnects, passedBoundary, client, variables, readsBackwards, count]);

  return {
    bookings,
    error: connection ? undefined : query.error,
    hasMore: Boolean(readsBackwards ? pageInfo?.hasPreviousPage : pageInfo?.hasNextPage),
    isLoadingMore,
    async loadMore() {
      setIsLoadingMore(true);
      try {
        await query.fetchMore({
          variables: readsBackwards
            ? { before: pageInfo?.startCursor ?? null }
            : { after: pageInfo?.endCursor ?? null },
        });
      } finally {
        setIsLoadingMore(false);
      }
    },
    retry: () => void query.refetch(),
  };
}

/** Return all bookings that match the variables' filter, by loading every further page. */
export function useAllDeskBookings(variables: DeskBookingsQueryVariables): DeskBookings {
  const list = useDeskBookings(variables);
  const { hasMore, bookings, loadMore } = list;
  const count = bookings?.length;
  const latest = useRef(loadMore);
  useLayoutEffect(() => {
    latest.current = loadMore;
  });
  useEffect(() => {
    // Ignore the error: a page that could not be loaded is loaded after the next reconnect.
    if (hasMore) latest.current().catch(() => undefined);
  }, [hasMore, count, variables]);
  return list;
}

/** Return the latest past start or end of a session in Unix milliseconds, or 0 if there is none. */
function latestPassedBoundary(bookings: readonly DeskBookingFragment[], now: number): number {
  const instants = bookings.flatMap(({ startsAt, endsAt }) => [
    Date.parse(startsAt),
    Date.parse(endsAt),
  ]);
  return Math.max(0, ...instants.filter((instant) => instant <= now));
}
