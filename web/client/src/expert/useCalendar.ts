import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { skipToken, useQuery, useSubscription } from "@apollo/client/react";
import { useEffect, useState } from "react";

import { graphql } from "../api/gql/gql.ts";
import { backoffDelay } from "../api/resumeLink.ts";
import type { Day } from "./slots.ts";

const CALENDAR = graphql(`
  query Calendar($expertId: ID!, $from: Date!, $count: Int!, $timeZone: TimeZone!, $minutes: Int!) {
    expert(id: $expertId) {
      id
      cursor
      days(from: $from, count: $count, timeZone: $timeZone, minutes: $minutes) {
        date
        slots {
          ...SlotTime @unmask
        }
      }
    }
  }
`);

export const CALENDAR_CHANGED = graphql(`
  subscription CalendarChanged($expertId: ID!, $after: String) {
    slotChanged(expertId: $expertId, after: $after) {
      ... on SlotEvent {
        cursor
        changed {
          ...SlotTime
        }
      }
      ... on CalendarReset {
        cursor
      }
    }
  }
`);

export interface CalendarVariables {
  expertId: string;
  /** First day in `timeZone`, and number of days from that day. */
  from: string;
  count: number;
  timeZone: string;
  minutes: number;
}

export interface Calendar {
  readonly days: readonly Day[];
  /** Whether the requested days are still loading, and `days` are those of the previous request. */
  readonly isLoading: boolean;
  readonly error: Error | undefined;
  refetch: () => Promise<unknown>;
}

/**
 * Return the days of an expert's calendar, updated live.
 *
 * The subscription starts at the cursor of the first query result, and the cache merges changed
 * slots by ID. The days are refetched when the booking rules change or the cursor has expired.
 */
export function useCalendar(variables: CalendarVariables): Calendar {
  const { expertId } = variables;
  const query = useQuery(CALENDAR, {
    variables,
    fetchPolicy: "cache-and-network",
    // Do not share a request in flight, because it may predate a change of the booking rules.
    context: { queryDeduplication: false },
  });
  const cursor = query.data?.expert?.cursor;
  const [start, setStart] = useState<{ expertId: string; after: string }>();
  const after = start?.expertId === expertId ? start.after : undefined;
  useEffect(() => {
    // eslint-disable-next-line react-hooks/set-state-in-effect -- later cursors must not restart it
    if (cursor && !after) setStart({ expertId, after: cursor });
  }, [cursor, after, expertId]);

  async function refetchDays(isExpired: boolean, attempt = 0): Promise<void> {
    try {
      const { data } = await query.refetch();
      const newest = data?.expert?.cursor;
      if (newest && isExpired) setStart({ expertId, after: newest });
    } catch {
      setTimeout(() => void refetchDays(isExpired, attempt + 1), backoffDelay(attempt));
    }
  }

  useSubscription(
    CALENDAR_CHANGED,
    after
      ? {
          variables: { expertId, after },
          ignoreResults: true,
          onData({ data: { data } }) {
            if (data?.slotChanged.__typename === "CalendarReset") void refetchDays(false);
          },
          onError(error) {
            const isExpired =
              CombinedGraphQLErrors.is(error) &&
              error.errors.some(({ extensions }) => extensions?.code === "CURSOR_EXPIRED");
            if (isExpired) void refetchDays(true);
          },
        }
      : skipToken,
  );

  const latest = query.data ?? query.previousData;
  return {
    days: latest?.expert?.days ?? [],
    isLoading: !query.data,
    error: query.data ? undefined : query.error,
    refetch: query.refetch,
  };
}
