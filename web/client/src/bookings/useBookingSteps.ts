import { useApolloClient } from "@apollo/client/react";
import { useState } from "react";

import { graphql } from "../api/gql/gql.ts";
import type { BookingAction } from "../api/gql/graphql.ts";
import { removeFromLists, addToLists, undoRemoval } from "./listCache.ts";
import { useViewer } from "../session/Viewer.tsx";

graphql(`
  fragment BookingOutcome on BookingResult {
    ... on Booking {
      ...ListedBooking
    }
    ... on TooLate {
      deadline
    }
    ... on Refusal {
      message
    }
  }
`);

const CONFIRM = graphql(`
  mutation ConfirmBooking($id: ID!) {
    outcome: confirmBooking(input: { bookingId: $id }) {
      ...BookingOutcome @unmask
    }
  }
`);

const COMPLETE = graphql(`
  mutation CompleteBooking($id: ID!) {
    outcome: completeBooking(input: { bookingId: $id }) {
      ...BookingOutcome @unmask
    }
  }
`);

const MARK_NO_SHOW = graphql(`
  mutation MarkNoShow($id: ID!) {
    outcome: markNoShow(input: { bookingId: $id }) {
      ...BookingOutcome @unmask
    }
  }
`);

const CANCEL = graphql(`
  mutation CancelBooking($id: ID!, $reason: String) {
    outcome: cancelBooking(input: { bookingId: $id, reason: $reason }) {
      ...BookingOutcome @unmask
    }
  }
`);

const REMOVE = graphql(`
  mutation RemoveBooking($id: ID!) {
    outcome: removeBooking(input: { bookingId: $id }) {
      ... on Booking {
        id
        sequence
      }
      ... on Refusal {
        message
      }
    }
  }
`);

const BOOKING = graphql(`
  query BookingAnew($id: ID!) {
    booking(id: $id) {
      ...ListedBooking
    }
  }
`);

const MUTATIONS = { CONFIRM, COMPLETE, MARK_NO_SHOW, CANCEL };

/** Actions that need no further input; rescheduling does, because another slot must be chosen. */
export type Step = Exclude<BookingAction, "RESCHEDULE">;

/** The server's refusal of a step, with the deadline if the step came too late. */
export interface StepRefusal {
  readonly deadline: string | null;
}

/** Return functions that send the mutations for the steps of a booking. */
export function useBookingSteps({ id, sequence }: { id: string; sequence: number }) {
  const client = useApolloClient();
  const { viewer } = useViewer();
  const [isBusy, setBusy] = useState(false);

  return {
    isBusy,

    /**
     * Perform a step. Resolves to null on success; on refusal, refetches the outdated booking and
     * resolves to the refusal.
     *
     * @param reason the reason for a cancellation, if one is given.
     */
    async perform(step: keyof typeof MUTATIONS, reason?: string): Promise<StepRefusal | null> {
      setBusy(true);
      try {
        const variables = { id, ...(reason && { reason }) };
        const { data } = await client.mutate({ mutation: MUTATIONS[step], variables });
        const outcome = data?.outcome;
        if (outcome?.__typename === "Booking") {
          addToLists(client.cache, id, viewer?.id);
          return null;
        }
        await client.query({ query: BOOKING, variables: { id }, fetchPolicy: "network-only" });
        return { deadline: outcome?.__typename === "TooLate" ? outcome.deadline : null };
      } finally {
        setBusy(false);
      }
    },

    /** Remove the booking from the lists at once; restore it if the server refuses. */
    async remove(): Promise<StepRefusal | null> {
      let isRemoved = false;
      try {
        const { data } = await client.mutate({
          mutation: REMOVE,
          variables: { id },
          optimisticResponse: { outcome: { __typename: "Booking", id, sequence } },
          update(cache, { data }) {
            if (data?.outcome.__typename === "Booking") removeFromLists(cache, id);
          },
        });
        isRemoved = data?.outcome.__typename === "Booking";
      } finally {
        if (!isRemoved) undoRemoval(id);
      }
      return isRemoved ? null : { deadline: null };
    },
  };
}
