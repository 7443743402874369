import { useApolloClient, useMutation } from "@apollo/client/react";

import { graphql } from "../api/gql/gql.ts";
import type { SlotTime } from "../expert/slots.ts";
import { addToLists } from "./listCache.ts";
import { useViewer } from "../session/Viewer.tsx";

const RESCHEDULE = graphql(`
  mutation RescheduleBooking($id: ID!, $slotId: ID!) {
    rescheduleBooking(input: { bookingId: $id, slotId: $slotId }) {
      ... on Booking {
        ...ListedBooking @unmask
        slot {
          ...SlotTime
        }
      }
      ... on SlotTaken {
        slot {
          ...SlotTime
        }
        alternatives {
          ...SlotTime @unmask
        }
      }
      ... on SlotNotOffered {
        slotId
      }
      ... on TooLate {
        deadline
      }
      ... on Refusal {
        message
      }
    }
  }
`);

/** Outcome of an attempt to reschedule. */
export type Outcome =
  | { readonly kind: "moved"; readonly startsAt: string }
  | { readonly kind: "taken"; readonly alternatives: readonly SlotTime[] }
  | { readonly kind: "notOffered" }
  | { readonly kind: "tooLate"; readonly deadline: string }
  | { readonly kind: "notAllowed" };

/** Mutation that moves a booking to another slot of its expert. */
export function useReschedule(id: string) {
  const client = useApolloClient();
  const { viewer } = useViewer();
  const [reschedule, { loading }] = useMutation(RESCHEDULE);

  return {
    isBusy: loading,

    move: async (slot: SlotTime): Promise<Outcome> => {
      const { data } = await reschedule({ variables: { id, slotId: slot.id } });
      const answer = data?.rescheduleBooking;
      switch (answer?.__typename) {
        case "Booking":
          addToLists(client.cache, id, viewer?.id);
          return { kind: "moved", startsAt: answer.startsAt };
        case "SlotTaken":
          return { kind: "taken", alternatives: answer.alternatives };
        case "SlotNotOffered":
          return { kind: "notOffered" };
        case "TooLate":
          return { kind: "tooLate", deadline: answer.deadline };
        default:
          return { kind: "notAllowed" };
      }
    },
  };
}
