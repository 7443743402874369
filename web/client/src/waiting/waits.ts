import type { ApolloCache } from "@apollo/client";
import { skipToken, useApolloClient, useMutation, useQuery } from "@apollo/client/react";

import { graphql } from "../api/gql/gql.ts";
import type { JoinWaitlistMutation, WaitEntryFragment } from "../api/gql/graphql.ts";
import type { Window } from "./windows.ts";

graphql(`
  fragment WaitEntry on Wait {
    id
    from
    to
    minutes
    ahead
    expert {
      id
      slug
      name
    }
    offer {
      ...Held @unmask
    }
  }
`);

const WAITS = graphql(`
  query Waits {
    viewer {
      id
      waits {
        ...WaitEntry @unmask
      }
    }
  }
`);

const JOIN_WAITLIST = graphql(`
  mutation JoinWaitlist($input: JoinWaitlistInput!) {
    joinWaitlist(input: $input) {
      ... on Wait {
        ...WaitEntry @unmask
      }
      ... on InvalidInput {
        message
      }
      ... on TooMany {
        limit
      }
    }
  }
`);

const LEAVE_WAITLIST = graphql(`
  mutation LeaveWaitlist($id: ID!) {
    leaveWaitlist(input: { waitId: $id })
  }
`);

/** The viewer's entry in an expert's waiting list. */
export type Wait = WaitEntryFragment;

/** Return the viewer's waiting-list entries; an empty list if nobody is signed in. */
export function useWaits(hasSession: boolean): readonly Wait[] {
  const { data } = useQuery(WAITS, hasSession ? { fetchPolicy: "cache-and-network" } : skipToken);
  return data?.viewer?.waits ?? [];
}

type Joined = NonNullable<JoinWaitlistMutation["joinWaitlist"]>;

interface JoinInput extends Window {
  expertId: string;
  minutes: number;
}

/** Return a function that joins a waiting list, and whether a request to join is in progress. */
export function useJoinWaitlist(): [
  join: (input: JoinInput) => Promise<Joined | undefined>,
  isJoining: boolean,
] {
  const [join, { loading }] = useMutation(JOIN_WAITLIST, {
    update(cache, { data }) {
      const entry = data?.joinWaitlist;
      if (entry?.__typename !== "Wait") return;
      updateWaits(cache, (waits) => [...waits.filter(({ id }) => id !== entry.id), entry]);
    },
  });
  return [async (input) => (await join({ variables: { input } })).data?.joinWaitlist, loading];
}

/** Return a function that leaves a waiting list, and whether a request to leave is in progress. */
export function useLeaveWaitlist(): [leave: (id: string) => Promise<void>, isLeaving: boolean] {
  const { cache } = useApolloClient();
  const [leave, { loading }] = useMutation(LEAVE_WAITLIST);
  return [
    async (id) => {
      await leave({ variables: { id } });
      updateWaits(cache, (waits) => waits.filter((wait) => wait.id !== id));
    },
    loading,
  ];
}

function updateWaits(cache: ApolloCache, update: (waits: readonly Wait[]) => Wait[]): void {
  cache.updateQuery(
    { query: WAITS },
    (data) => data?.viewer && { viewer: { ...data.viewer, waits: update(data.viewer.waits) } },
  );
}
