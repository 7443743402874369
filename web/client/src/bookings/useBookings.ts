import { useApolloClient, useQuery, useSubscription } from "@apollo/client/react";
import { useEffect, useMemo, useRef, useState } from "react";

import { useConnection } from "../api/connection.ts";
import { graphql } from "../api/gql/gql.ts";
import type { ListedBookingFragment } from "../api/gql/graphql.ts";
import { useNow } from "../time/clock.ts";
import { BOOKINGS, addToLists } from "./listCache.ts";
import {
  DAY_MS,
  firstPageVariables,
  MAX_PAGE_SIZE,
  PAGE_SIZE,
  visibleBookings,
  type View,
} from "./lists.ts";

const BOOKING_CHANGED = graphql(`
  subscription BookingChanged {
    bookingChanged {
      ...ListedBooking @unmask
    }
  }
`);

export interface Bookings {
  /** The loaded bookings; undefined until the first page has been loaded. */
  readonly bookings: readonly ListedBookingFragment[] | undefined;
  readonly error: Error | undefined;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  loadMore: () => Promise<void>;
  retry: () => void;
}

/**
 * Return one of the client's lists of bookings, updated live.
 *
 * Events update listed bookings in the cache, and new bookings are inserted into the list. After a
 * reconnect, the list is refetched, because events may have been missed.
 */
export function useBookings(view: View, clientId: string): Bookings {
  const client = useApolloClient();
  const now = useNow(60_000);
  const today = useNow(DAY_MS);
  const { reconnects } = useConnection();
  const variables = useMemo(() => firstPageVariables(view, today), [view, today]);
  const query = useQuery(BOOKINGS, { variables, fetchPolicy: "cache-and-network" });
  const [isLoadingMore, setIsLoadingMore] = useState(false);
  const list = (query.data ?? query.previousData)?.bookings;
  const count = list?.edges.length ?? 0;
  const readsBackwards = variables.last !== undefined;
  const pageInfo = list?.pageInfo;
  const hasMore = Boolean(readsBackwards ? pageInfo?.hasPreviousPage : pageInfo?.hasNextPage);
  const bookings = list && visibleBookings(view, list.edges, now);

  useSubscription(BOOKING_CHANGED, {
    ignoreResults: true,
    onData({ data: { data } }) {
      if (data) addToLists(client.cache, data.bookingChanged.id, clientId);
    },
  });

  const handledReconnects = useRef(reconnects);
  useEffect(() => {
    if (handledReconnects.current === reconnects) return;
    handledReconnects.current = reconnects;
    const size = Math.min(MAX_PAGE_SIZE, Math.max(PAGE_SIZE, count));
    const refetchVariables = {
      ...variables,
      ...(readsBackwards ? { last: size } : { first: size }),
    };
    client
      .query({ query: BOOKINGS, variables: refetchVariables, fetchPolicy: "network-only" })
      // Ignore the error: the list is refetched after the next reconnect.
      .catch(() => undefined);
  }, [reconnects, client, variables, readsBackwards, count]);

  async function loadMore(): Promise<void> {
    setIsLoadingMore(true);
    try {
      await query.fetchMore({
        variables: readsBackwards
          ? { last: PAGE_SIZE, before: pageInfo?.startCursor ?? null }
          : { first: PAGE_SIZE, after: pageInfo?.endCursor ?? null },
      });
    } finally {
      setIsLoadingMore(false);
    }
  }

  return {
    bookings,
    error: list ? undefined : query.error,
    hasMore,
    isLoadingMore,
    loadMore,
    retry: () => void query.refetch(),
  };
}
