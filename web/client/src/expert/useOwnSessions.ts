import { skipToken, useQuery } from "@apollo/client/react";

import { graphql } from "../api/gql/gql.ts";

const OWN_SESSIONS = graphql(`
  query OwnSessions($from: DateTime!, $to: DateTime!) {
    bookings(
      filter: { mine: true, statuses: [HELD, PENDING, CONFIRMED], from: $from, to: $to }
      first: 100
    ) {
      nodes {
        id
        sequence
        startsAt
        endsAt
        expert {
          id
          name
        }
      }
    }
  }
`);

/** Maximum length of a session: a session that began longer ago has ended. */
const LONGEST_MS = 8 * 60 * 60 * 1000;

/** A session of the viewer with any expert. */
export interface OwnSession {
  readonly id: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly expert: { readonly id: string; readonly name: string };
}

interface Span {
  readonly startsAt: string;
  readonly endsAt: string;
}

/**
 * Return the viewer's sessions with other experts that overlap a time span; empty without a span.
 */
export function useOwnSessions(span: Span | undefined, expertId: string): readonly OwnSession[] {
  const { data } = useQuery(
    OWN_SESSIONS,
    span
      ? {
          variables: {
            from: new Date(Date.parse(span.startsAt) - LONGEST_MS).toISOString(),
            to: span.endsAt,
          },
          fetchPolicy: "cache-and-network",
        }
      : skipToken,
  );
  if (!span) return [];
  return (data?.bookings.nodes ?? []).filter(
    (session) => session.expert.id !== expertId && overlaps(session, span),
  );
}

/** Return whether two time spans overlap. */
export function overlaps(one: Span, other: Span): boolean {
  return (
    Date.parse(one.startsAt) < Date.parse(other.endsAt) &&
    Date.parse(other.startsAt) < Date.parse(one.endsAt)
  );
}
