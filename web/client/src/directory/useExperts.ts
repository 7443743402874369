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

/** The part of the URL whose value the server refused: the search text or the page. */
export type RefusedArgument = "search" | "page";

interface Experts {
  /** Number of experts in each category who match the search and all filters but the categories. */
  readonly counts: Counts | undefined;
  /**
   * The requested page, or the previous page while the requested page is loading or if it cannot be
   * loaded.
   */
  readonly page: ExpertsQuery["experts"] | undefined;
  /**
   * The period of the free times on the cards of `page`; undefined if they show the next free
   * times.
   */
  readonly available: AvailableInput | undefined;
  /** Whether the requested page has not loaded yet, so that `page` is the previous one. */
  readonly isStale: boolean;
  readonly error: Error | undefined;
  readonly refused: RefusedArgument | undefined;
  refetch: () => Promise<unknown>;
}

/**
 * Return a page of the directory, polled so that it stays current. A request for another page
 * cancels the request in flight.
 */
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

/** Return the highest hourly rate in the directory; undefined until it has loaded. */
export function useHighestRate() {
  return useQuery(DIRECTORY).data?.highest.nodes[0]?.hourlyRate;
}

function refusedArgument(error: Error | undefined): RefusedArgument | undefined {
  if (!CombinedGraphQLErrors.is(error)) return undefined;
  for (const { message, extensions } of error.errors) {
    if (extensions?.code !== "BAD_USER_INPUT") continue;
    // The error message starts with the path of the invalid argument.
    if (message.startsWith("filter.search:")) return "search";
    if (/^(after|before):/.test(message)) return "page";
  }
  return undefined;
}
