import { skipToken, useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";

import { graphql } from "../api/gql/gql.ts";
import type {
  BookSlotInput,
  HeldFragment,
  PlaceKind,
  ReservedFragment,
  SlotTimeFragment,
} from "../api/gql/graphql.ts";
import { useIdempotencyKey } from "../api/idempotency.ts";
import type { Money } from "../time/formats.ts";
import type { SlotTime } from "./slots.ts";

graphql(`
  fragment Held on Booking {
    id
    status
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
    slot {
      ...SlotTime @unmask
    }
  }
`);

graphql(`
  fragment Reserved on Booking {
    id
    status
    reference
    icsUrl
    cancellableUntil
    place {
      kind
      details
    }
    sequence
    startsAt
    endsAt
    minutes
    price {
      amount
      currency
      decimals
    }
    expert {
      id
      name
    }
    slot {
      ...SlotTime @unmask
    }
  }
`);

const MY_HOLD = graphql(`
  query MyHold($expertId: ID!) {
    bookings(filter: { mine: true, expertId: $expertId, statuses: [HELD] }, first: 1) {
      nodes {
        ...Held @unmask
      }
    }
  }
`);

const HOLD_SLOT = graphql(`
  mutation HoldSlot($input: HoldSlotInput!) {
    holdSlot(input: $input) {
      ... on Booking {
        ...Held @unmask
      }
      ... on SlotTaken {
        slot {
          ...SlotTime @unmask
        }
        alternatives {
          ...SlotTime @unmask
        }
      }
      ... on TooMany {
        limit
      }
    }
  }
`);

const RELEASE_HOLD = graphql(`
  mutation ReleaseHold($id: ID!) {
    cancelBooking(input: { bookingId: $id }) {
      ... on Booking {
        ...Held
      }
    }
  }
`);

const BOOK_SLOT = graphql(`
  mutation BookSlot($input: BookSlotInput!) {
    bookSlot(input: $input) {
      ... on Booking {
        ...Reserved @unmask
      }
      ... on SlotTaken {
        slot {
          ...SlotTime @unmask
        }
        alternatives {
          ...SlotTime @unmask
        }
      }
      ... on InvalidInput {
        fields {
          field
          message
        }
      }
      ... on TooMany {
        limit
      }
      ... on PriceChanged {
        price {
          amount
          currency
          decimals
        }
      }
    }
  }
`);

export type Hold = HeldFragment;
export type Reserved = ReservedFragment;

/** Fields of an expert that the booking steps show. */
export interface BookedExpert {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly photoUrl: string;
  readonly availability: { readonly confirmsAutomatically: boolean };
}

/** Why a slot is unavailable, and alternatives. */
export interface Unavailable {
  readonly slot: SlotTime | undefined;
  readonly alternatives: readonly SlotTimeFragment[];
}

/** Too many holds or coming bookings at once. */
interface TooMany {
  readonly kind: "tooMany";
  readonly limit: number;
}

/** Outcome of an attempt to hold a slot. */
export type HoldOutcome =
  | { readonly kind: "held" }
  | { readonly kind: "unavailable"; readonly unavailable: Unavailable }
  | TooMany;

/** Outcome of an attempt to book. */
export type Outcome =
  | { readonly kind: "reserved"; readonly reserved: Reserved }
  | { readonly kind: "unavailable"; readonly unavailable: Unavailable }
  | { readonly kind: "problems"; readonly problems: readonly { field: string; message: string }[] }
  | { readonly kind: "priceChanged"; readonly price: Money }
  | { readonly kind: "verificationNeeded" }
  | TooMany;

/** Price and place of the slot to hold, and its deadline for cancelling. */
export interface Terms {
  readonly price: Money;
  readonly placeKind: PlaceKind;
  readonly cancellationNoticeMinutes: number;
}

export type Reservation = ReturnType<typeof useReservation>;

/**
 * Holding a slot and booking it.
 *
 * Also finds an existing hold of the viewer with this expert, for example from another tab.
 *
 * @param hasSession whether there is a viewer or a guest, who may have a hold.
 */
export function useReservation(expertId: string, hasSession: boolean) {
  const existingHold = useQuery(
    MY_HOLD,
    hasSession ? { variables: { expertId }, fetchPolicy: "network-only" } : skipToken,
  );
  const [holdSlot, holding] = useMutation(HOLD_SLOT);
  const [bookSlot, booking] = useMutation(BOOK_SLOT);
  const [releaseHold] = useMutation(RELEASE_HOLD);
  const key = useIdempotencyKey();
  const [held, setHeld] = useState<Hold | null>();
  const existing = existingHold.data?.bookings.nodes[0];
  const hold = held === undefined ? (existing ?? null) : held;

  return {
    hold,
    isBusy: holding.loading || booking.loading,

    /** Hold a slot, optimistically. */
    async placeHold(slot: SlotTime, terms: Terms): Promise<HoldOutcome> {
      const { data } = await holdSlot({
        variables: { input: { slotId: slot.id } },
        optimisticResponse: { holdSlot: optimisticHold(slot, terms) },
      });
      const answer = data?.holdSlot;
      if (answer?.__typename === "Booking") {
        setHeld(answer);
        return { kind: "held" };
      }
      if (answer?.__typename === "TooMany") return { kind: "tooMany", limit: answer.limit };
      return { kind: "unavailable", unavailable: unavailable(answer, slot) };
    },

    /** Release the hold. */
    async release(): Promise<void> {
      if (hold) await releaseHold({ variables: { id: hold.id } });
      setHeld(null);
    },

    /** Query the hold again: it lasts longer, once, while a code is under way. */
    async refresh(): Promise<void> {
      await existingHold.refetch();
    },

    async book(input: BookSlotInput): Promise<Outcome> {
      const idempotencyKey = key.keyFor(input);
      const { data } = await bookSlot({ variables: { input: { ...input, idempotencyKey } } });
      const answer = data?.bookSlot;
      switch (answer?.__typename) {
        case "Booking":
          setHeld(null);
          key.reset();
          return { kind: "reserved", reserved: answer };
        case "InvalidInput":
          return { kind: "problems", problems: answer.fields };
        case "PriceChanged":
          return { kind: "priceChanged", price: answer.price };
        case "VerificationNeeded":
          return { kind: "verificationNeeded" };
        case "TooMany":
          return { kind: "tooMany", limit: answer.limit };
        default:
          return { kind: "unavailable", unavailable: unavailable(answer) };
      }
    },
  };
}

interface Unbooked {
  readonly __typename: string;
  readonly slot?: SlotTime;
  readonly alternatives?: readonly SlotTimeFragment[];
}

/** Return what is known of a slot that could not be held or booked. */
function unavailable(answer: Unbooked | undefined, slot?: SlotTime): Unavailable {
  return { slot: answer?.slot ?? slot, alternatives: answer?.alternatives ?? [] };
}

/** Return the optimistic response to holding a slot. */
function optimisticHold(slot: SlotTime, terms: Terms): Hold {
  const { startsAt, minutes, sequence } = slot;
  const deadline = Date.parse(startsAt) - terms.cancellationNoticeMinutes * 60_000;
  return {
    __typename: "Booking",
    id: `hold of ${slot.id}`,
    status: "HELD",
    heldUntil: null,
    cancellableUntil: new Date(deadline).toISOString(),
    startsAt,
    minutes,
    sequence,
    place: { __typename: "Place", kind: terms.placeKind },
    price: { __typename: "Money", ...terms.price },
    slot: { ...slot, status: "HELD", heldUntil: null, mine: true },
  };
}
