import { useApolloClient, useQuery, useSubscription } from "@apollo/client/react";
import { useEffect, useMemo, useRef, useState } from "react";

import { useConnection } from "../api/connection.ts";
import { graphql } from "../api/gql/gql.ts";
import type { ListedBookingFragment } from "../api/gql/graphql.ts";
import { useNow } from "../time/clock.ts";
import { BOOKINGS, enlist } from "./listed.ts";
import { DAY, firstPage, MOST, PAGE, shown, type View } from "./lists.ts";

const BOOKING_CHANGED = graphql(`
  subscription BookingChanged {
    bookingChanged {
      ...ListedBooking @unmask
    }
  }
`);

export interface Bookings {
  /** Undefined until the first result. */
  readonly bookings: readonly ListedBookingFragment[] | undefined;
  readonly error: Error | undefined;
  readonly hasMore: boolean;
  readonly isReadingMore: boolean;
  more(): Promise<void>;
  retry(): void;
}

/**
 * One of the client's lists of bookings, updated live.
 *
 * Changes of listed bookings reach the cache by ID, and new bookings are inserted. After a
 * reconnect the list is refetched, because events may have been missed.
 */
export function useBookings(view: View, clientId: string): Bookings {
  const client = useApolloClient();
  const now = useNow(60_000);
  const today = useNow(DAY);
  const { returns } = useConnection();
  const variables = useMemo(() => firstPage(view, today), [view, today]);
  const query = useQuery(BOOKINGS, { variables, fetchPolicy: "cache-and-network" });
  const [isReadingMore, setReadingMore] = useState(false);
  const list = (query.data ?? query.previousData)?.bookings;
  const count = list?.edges.length ?? 0;
  const readsBackwards = variables.last !== undefined;
  const pageInfo = list?.pageInfo;
  const hasMore = Boolean(readsBackwards ? pageInfo?.hasPreviousPage : pageInfo?.hasNextPage);
  const bookings = list && shown(view, list.edges, now);

  useSubscription(BOOKING_CHANGED, {
    ignoreResults: true,
    onData({ data: { data } }) {
      if (data) enlist(client.cache, data.bookingChanged.id, clientId);
    },
  });

  const lastReturn = useRef(returns);
  useEffect(() => {
    if (lastReturn.current === returns) return;
    lastReturn.current = returns;
    const size = Math.min(MOST, Math.max(PAGE, count));
    const asMany = { ...variables, ...(readsBackwards ? { last: size } : { first: size }) };
    client
      .query({ query: BOOKINGS, variables: asMany, fetchPolicy: "network-only" })
      // A failed refetch is repeated after the next reconnect.
      .catch(() => undefined);
  }, [returns, client, variables, readsBackwards, count]);

  async function more(): Promise<void> {
    setReadingMore(true);
    try {
      await query.fetchMore({
        variables: readsBackwards
          ? { last: PAGE, before: pageInfo?.startCursor ?? null }
          : { first: PAGE, after: pageInfo?.endCursor ?? null },
      });
    } finally {
      setReadingMore(false);
    }
  }

  return {
    bookings,
    error: list ? undefined : query.error,
    hasMore,
    isReadingMore,
    more,
    retry: () => void query.refetch(),
  };
}
