import { useApolloClient, useMutation } from "@apollo/client/react";

import { graphql } from "../api/gql/gql.ts";
import type { SlotTime } from "../expert/slots.ts";
import { useViewer } from "../session/Viewer.tsx";
import type { Money } from "../time/formats.ts";
import { addToLists } from "./listCache.ts";

const RESCHEDULE = graphql(`
  mutation RescheduleBooking($input: RescheduleBookingInput!) {
    rescheduleBooking(input: $input) {
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
      ... on PriceChanged {
        price {
          amount
          currency
          decimals
        }
      }
      ... on Refusal {
        message
      }
    }
  }
`);

/** Outcome of an attempt to reschedule a booking. */
export type Outcome =
  | { readonly kind: "moved"; readonly startsAt: string }
  | { readonly kind: "taken"; readonly alternatives: readonly SlotTime[] }
  | { readonly kind: "notOffered" }
  | { readonly kind: "tooLate"; readonly deadline: string }
  | { readonly kind: "priceChanged"; readonly price: Money }
  | { readonly kind: "notAllowed" };

/** Return a function that moves the booking to another slot of its expert. */
export function useReschedule(id: string) {
  const client = useApolloClient();
  const { viewer } = useViewer();
  const [reschedule, { loading }] = useMutation(RESCHEDULE);

  return {
    isBusy: loading,

    /** Move the booking to `slot`; `price` is the price that the page shows, if it shows one. */
    move: async (slot: SlotTime, price: Money | undefined): Promise<Outcome> => {
      const expectedPrice = price && { amount: price.amount, currency: price.currency };
      const input = { bookingId: id, slotId: slot.id, ...(expectedPrice && { expectedPrice }) };
      const { data } = await reschedule({ variables: { input } });
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
        case "PriceChanged":
          return { kind: "priceChanged", price: answer.price };
        default:
          return { kind: "notAllowed" };
      }
    },
  };
}
