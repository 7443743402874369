import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { useQuery } from "@apollo/client/react";
import { useMemo, useState } from "react";

import { primeFromPage } from "../api/client.ts";
import { graphql } from "../api/gql/gql.ts";
import type { AvailableInput, ExpertsQuery } from "../api/gql/graphql.ts";
import { useRetryOnline } from "../api/online.ts";
import type { Counts } from "./Categories.tsx";
import { useTimePreferences } from "../time/preferences.ts";
import type { DirectoryQuery } from "./directoryQuery.ts";
import { toVariables } from "./directoryVariables.ts";

const EXPERTS = graphql(`
  query Experts(
    $filter: ExpertFilter
    $counted: ExpertFilter
    $orderBy: ExpertOrder
    $first: Int
    $after: String
    $last: Int
    $before: String
    $available: AvailableInput
  ) {
    categories(filter: $counted) {
      category
      count
    }
    experts(
      filter: $filter
      orderBy: $orderBy
      first: $first
      after: $after
      last: $last
      before: $before
    ) {
      totalCount
      nodes {
        id
        ...ExpertCard
      }
      pageInfo {
        hasPreviousPage
        hasNextPage
        startCursor
        endCursor
      }
    }
  }
`);

const DIRECTORY = graphql(`
  query Directory {
    highest: experts(first: 1, orderBy: { field: RATE }) {
      nodes {
        id
        hourlyRate {
          amount
          currency
          decimals
        }
      }
    }
  }
`);

const POLL_INTERVAL_MS = 60_000;

/** Part of the URL that the server refused. */
export type RefusedArgument = "search" | "page";

interface Experts {
  /** Number of experts by category, within the search and the other filters. */
  readonly counts: Counts | undefined;
  /** The requested page; until it has loaded, or if it failed, the previous one. */
  readonly page: ExpertsQuery["experts"] | undefined;
  /** Span of the times on the cards of `page`; undefined for the next free times. */
  readonly available: AvailableInput | undefined;
  /** Whether `page` is not yet the requested page. */
  readonly isStale: boolean;
  readonly error: Error | undefined;
  readonly refused: RefusedArgument | undefined;
  refetch: () => Promise<unknown>;
}

/** A page of the directory, polled to keep it current; a superseded request is cancelled. */
export function useExperts(query: DirectoryQuery): Experts {
  const { zone } = useTimePreferences();
  const variables = useMemo(() => toVariables(query, zone), [query, zone]);
  useState(() => primeFromPage(EXPERTS, variables));
  const { data, error, refetch } = useQuery(EXPERTS, {
    variables,
    fetchPolicy: "cache-and-network",
    pollInterval: POLL_INTERVAL_MS,
    skipPollAttempt: () => document.hidden,
  });
  useRetryOnline(error, refetch);
  const [latest, setLatest] = useState({ data, variables });
  if (data && (data !== latest.data || variables !== latest.variables)) {
    setLatest({ data, variables });
  }
  const shown = latest.data;
  return {
    counts: shown && new Map(shown.categories.map(({ category, count }) => [category, count])),
    page: shown?.experts,
    available: latest.variables.available ?? undefined,
    isStale: !data,
    error,
    refused: refusedArgument(error),
    refetch,
  };
}

/** Return the highest hourly rate of the directory, once it is known. */
export function useHighestRate() {
  return useQuery(DIRECTORY).data?.highest.nodes[0]?.hourlyRate;
}

function refusedArgument(error: Error | undefined): RefusedArgument | undefined {
  if (!CombinedGraphQLErrors.is(error)) return undefined;
  for (const { message, extensions } of error.errors) {
    if (extensions?.code !== "BAD_USER_INPUT") continue;
    // The message starts with the path of the invalid argument.
    if (message.startsWith("filter.search:")) return "search";
    if (/^(after|before):/.test(message)) return "page";
  }
  return undefined;
}
