import type { ApolloCache } from "@apollo/client";
import { skipToken, useQuery } from "@apollo/client/react";

import { graphql } from "../api/gql/gql.ts";
import type { HeldFragment } from "../api/gql/graphql.ts";

graphql(`
  fragment Held on Booking {
    id
    status
    createdAt
    heldUntil
    cancellableUntil
    sequence
    startsAt
    minutes
    place {
      kind
    }
    price {
      amount
      currency
      decimals
    }
    expert {
      id
      slug
      name
      title
      photoUrl
    }
    slot {
      ...SlotTime @unmask
    }
  }
`);

const HOLDS = graphql(`
  query Holds {
    bookings(filter: { mine: true, statuses: [HELD] }, first: 100) {
      nodes {
        ...Held @unmask
      }
    }
  }
`);

export const RELEASE_HOLD = graphql(`
  mutation ReleaseHold($id: ID!) {
    cancelBooking(input: { bookingId: $id }) {
      ... on Booking {
        id
        status
        sequence
        slot {
          ...SlotTime
        }
      }
    }
  }
`);

/** A booking that keeps a slot until the client books or releases it, or until it expires. */
export type Hold = HeldFragment;

interface Holds {
  /** The viewer's or guest's holds, including those that have just ended. */
  readonly holds: readonly Hold[];
  /** Whether the holds are still being loaded. */
  readonly isLoading: boolean;
  refetch: () => Promise<unknown>;
}

/**
 * The viewer's holds with all experts.
 *
 * @param hasSession whether the user has a session, as a viewer or a guest, and so may have holds.
 */
export function useHolds(hasSession: boolean): Holds {
  const query = useQuery(HOLDS, hasSession ? { fetchPolicy: "cache-and-network" } : skipToken);
  return {
    holds: query.data?.bookings.nodes ?? [],
    isLoading: hasSession && !query.data && !query.error,
    refetch: query.refetch,
  };
}

/** Add a new hold to the cached list; it replaces a hold with the same expert. */
export function addHold(cache: ApolloCache, hold: Hold): void {
  updateHolds(cache, (holds) => [
    ...holds.filter(({ expert }) => expert.id !== hold.expert.id),
    hold,
  ]);
}

/** Remove from the cached list a hold that was booked or released. */
export function removeHold(cache: ApolloCache, id: string): void {
  updateHolds(cache, (holds) => holds.filter((hold) => hold.id !== id));
}

function updateHolds(cache: ApolloCache, update: (holds: readonly Hold[]) => Hold[]): void {
  cache.updateQuery({ query: HOLDS }, (data) => ({
    bookings: {
      __typename: "BookingConnection" as const,
      nodes: update(data?.bookings.nodes ?? []),
    },
  }));
}
