import { skipToken, useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";

import { graphql } from "../api/gql/gql.ts";
import type {
  BookSlotInput,
  HeldFragment,
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
      ... on Refusal {
        message
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
      ... on Refusal {
        message
      }
    }
  }
`);

export type Hold = HeldFragment;
export type Reserved = ReservedFragment;

/** Why a slot is unavailable, and alternatives. */
export interface Unavailable {
  readonly slot: SlotTime | undefined;
  readonly message: string;
  readonly alternatives: readonly SlotTimeFragment[];
}

/** A refusal that concerns the viewer or the price rather than the slot. */
export interface Limited {
  readonly limited: string;
}

const LIMITS: readonly string[] = ["TooMany", "VerificationNeeded", "PriceChanged"];

/** Return the refusal, if the answer is one that concerns the viewer or the price. */
function limited(answer?: { __typename?: string; message?: string }): Limited | undefined {
  return LIMITS.includes(answer?.__typename ?? "") ? { limited: answer?.message ?? "" } : undefined;
}

/** Outcome of an attempt to book. */
export type Outcome =
  | { readonly reserved: Reserved }
  | { readonly unavailable: Unavailable }
  | Limited
  | { readonly problems: readonly { field: string; message: string }[] };

/**
 * Holding a slot and booking it.
 *
 * Also finds an existing hold of the viewer with this expert, for example from another tab.
 */
export function useReservation(expertId: string, isSignedIn: boolean) {
  const existingHold = useQuery(
    MY_HOLD,
    isSignedIn ? { variables: { expertId }, fetchPolicy: "network-only" } : skipToken,
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

    /** Hold a slot, optimistically; resolves to null, or to the reason why it is unavailable. */
    async placeHold(
      slot: SlotTime,
      price: Money,
      cancellationNoticeMinutes: number,
    ): Promise<Unavailable | Limited | null> {
      const { data } = await holdSlot({
        variables: { input: { slotId: slot.id } },
        optimisticResponse: { holdSlot: optimisticHold(slot, price, cancellationNoticeMinutes) },
      });
      const answer = data?.holdSlot;
      if (answer?.__typename === "Booking") {
        setHeld(answer);
        return null;
      }
      const limit = limited(answer);
      if (limit) return limit;
      const taken = answer?.__typename === "SlotTaken" ? answer : undefined;
      return {
        slot: taken?.slot ?? slot,
        message: answer?.message ?? "",
        alternatives: taken?.alternatives ?? [],
      };
    },

    /** Release the hold. */
    async release(): Promise<void> {
      if (hold) await releaseHold({ variables: { id: hold.id } });
      setHeld(null);
    },

    async book(input: BookSlotInput): Promise<Outcome> {
      const idempotencyKey = key.keyFor(input);
      const { data } = await bookSlot({ variables: { input: { ...input, idempotencyKey } } });
      const answer = data?.bookSlot;
      if (answer?.__typename === "Booking") {
        setHeld(null);
        key.reset();
        return { reserved: answer };
      }
      if (answer?.__typename === "InvalidInput") return { problems: answer.fields };
      const limit = limited(answer);
      if (limit) return limit;
      const taken = answer?.__typename === "SlotTaken" ? answer : undefined;
      return {
        unavailable: {
          slot: taken?.slot,
          message: answer?.message ?? "",
          alternatives: taken?.alternatives ?? [],
        },
      };
    },
  };
}

/** Return the optimistic response to holding a slot. */
function optimisticHold(slot: SlotTime, price: Money, cancellationNoticeMinutes: number): Hold {
  const { startsAt, minutes, sequence } = slot;
  const deadline = Date.parse(startsAt) - cancellationNoticeMinutes * 60_000;
  return {
    __typename: "Booking",
    id: `hold of ${slot.id}`,
    status: "HELD",
    heldUntil: null,
    cancellableUntil: new Date(deadline).toISOString(),
    startsAt,
    minutes,
    sequence,
    price: { __typename: "Money", ...price },
    slot: { ...slot, status: "HELD", heldUntil: null, mine: true },
  };
}
