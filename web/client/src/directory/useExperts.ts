import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { useQuery } from "@apollo/client/react";

import { graphql } from "../api/gql/gql.ts";
import type { Category, ExpertsQuery } from "../api/gql/graphql.ts";
import { useRetryOnline } from "../api/online.ts";
import { toVariables, type DirectoryQuery } from "./directoryQuery.ts";

const EXPERTS = graphql(`
  query Experts(
    $filter: ExpertFilter
    $orderBy: ExpertOrder
    $first: Int
    $after: String
    $last: Int
    $before: String
  ) {
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
    categories {
      category
      count
    }
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

/** Part of the address that the server refused. */
export type RefusedArgument = "search" | "page";

interface Experts {
  /** The requested page; until it has loaded, or if it failed, the previous one. */
  readonly page: ExpertsQuery["experts"] | undefined;
  /** Whether `page` is not yet the requested page. */
  readonly isStale: boolean;
  readonly error: Error | undefined;
  readonly refused: RefusedArgument | undefined;
  refetch: () => Promise<unknown>;
}

/** A page of the directory, polled to keep it current; a superseded request is cancelled. */
export function useExperts(query: DirectoryQuery): Experts {
  const { data, previousData, error, refetch } = useQuery(EXPERTS, {
    variables: toVariables(query),
    fetchPolicy: "cache-and-network",
    pollInterval: POLL_INTERVAL_MS,
    skipPollAttempt: () => document.hidden,
  });
  useRetryOnline(error, refetch);
  const latest = data ?? previousData;
  return { page: latest?.experts, isStale: !data, error, refused: refusedArgument(error), refetch };
}

/** Categories with their counts, and the highest hourly rate. */
export function useDirectory() {
  const { data, error, refetch } = useQuery(DIRECTORY, { fetchPolicy: "cache-and-network" });
  useRetryOnline(error, refetch);
  return {
    counts:
      data &&
      new Map<Category, number>(data.categories.map(({ category, count }) => [category, count])),
    highest: data?.highest.nodes[0]?.hourlyRate,
    refetch,
  };
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
