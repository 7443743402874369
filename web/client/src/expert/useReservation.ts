import { useApolloClient, useMutation } from "@apollo/client/react";
import { useState } from "react";

import { graphql } from "../api/gql/gql.ts";
import type { BookSlotInput, PlaceKind, SlotTimeFragment } from "../api/gql/graphql.ts";
import { useIdempotencyKey } from "../api/idempotency.ts";
import { addHold, type Hold, RELEASE_HOLD, removeHold, useHolds } from "../holds/holds.ts";
import type { Money } from "../time/formats.ts";
import type { SlotTime } from "./slots.ts";

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

const BOOK_SLOT = graphql(`
  mutation BookSlot($input: BookSlotInput!) {
    bookSlot(input: $input) {
      ... on Booking {
        id
        status
        sequence
        slot {
          ...SlotTime
        }
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

/** Fields of an expert that the booking steps show. */
export interface BookedExpert {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly title: string;
  readonly photoUrl: string;
  readonly availability: { readonly confirmsAutomatically: boolean };
}

/** A slot that turned out to be unavailable, and alternative slots. */
export interface Unavailable {
  readonly slot: SlotTime | undefined;
  readonly alternatives: readonly SlotTimeFragment[];
}

/** Outcome if the client already has too many holds or upcoming bookings. */
interface TooMany {
  readonly kind: "tooMany";
  readonly limit: number;
}

/** Outcome of an attempt to hold a slot. */
export type HoldOutcome =
  | { readonly kind: "held"; readonly hold: Hold }
  | { readonly kind: "unavailable"; readonly unavailable: Unavailable }
  | TooMany;

/** Outcome of an attempt to book a held slot. */
export type Outcome =
  | { readonly kind: "reserved"; readonly bookingId: string }
  | { readonly kind: "unavailable"; readonly unavailable: Unavailable }
  | { readonly kind: "problems"; readonly problems: readonly { field: string; message: string }[] }
  | { readonly kind: "priceChanged"; readonly price: Money }
  | { readonly kind: "verificationNeeded" }
  | TooMany;

/** Price and kind of place of the session to hold, and the notice required to cancel it. */
export interface Terms {
  readonly price: Money;
  readonly placeKind: PlaceKind;
  readonly cancellationNoticeMinutes: number;
}

export type Reservation = ReturnType<typeof useReservation>;

/**
 * Return the user's hold on a slot of the given expert, and functions to hold and book slots.
 *
 * @param hasSession whether the user has a session, as a viewer or a guest, and so may have a hold.
 * @param isBooking whether the booking steps are shown, which continue to show a hold that was
 *   lost.
 */
export function useReservation(expert: BookedExpert, hasSession: boolean, isBooking: boolean) {
  const { cache } = useApolloClient();
  const { holds, isLoading, refetch } = useHolds(hasSession);
  const [holdSlot, holding] = useMutation(HOLD_SLOT);
  const [bookSlot, booking] = useMutation(BOOK_SLOT);
  const [releaseHold] = useMutation(RELEASE_HOLD);
  const key = useIdempotencyKey();
  const standing = holds.find((each) => each.expert.id === expert.id);
  const shown = useLast(standing, isBooking);
  const hold = standing ?? shown ?? null;

  return {
    hold,
    /** Whether the holds are still being loaded. */
    isLoading,
    isBusy: holding.loading || booking.loading,

    /** Hold a slot, and show it as held before the server responds. */
    async placeHold(slot: SlotTime, terms: Terms): Promise<HoldOutcome> {
      const { data } = await holdSlot({
        variables: { input: { slotId: slot.id } },
        optimisticResponse: { holdSlot: optimisticHold(expert, slot, terms) },
      });
      const answer = data?.holdSlot;
      if (answer?.__typename === "Booking") {
        addHold(cache, answer);
        // Refetch, because a guest's first query of holds may have been answered before this hold
        // existed.
        refetch().catch(() => undefined);
        return { kind: "held", hold: answer };
      }
      if (answer?.__typename === "TooMany") return { kind: "tooMany", limit: answer.limit };
      return { kind: "unavailable", unavailable: unavailable(answer, slot) };
    },

    /** Release the hold. */
    async release(): Promise<void> {
      if (!hold) return;
      removeHold(cache, hold.id);
      try {
        await releaseHold({ variables: { id: hold.id } });
      } finally {
        refetch().catch(() => undefined);
      }
    },

    /**
     * Query the hold again, because the server extends it once while the client waits for a code.
     */
    async refresh(): Promise<void> {
      await refetch();
    },

    async book(input: BookSlotInput): Promise<Outcome> {
      const idempotencyKey = key.keyFor(input);
      const { data } = await bookSlot({ variables: { input: { ...input, idempotencyKey } } });
      const answer = data?.bookSlot;
      switch (answer?.__typename) {
        case "Booking":
          removeHold(cache, answer.id);
          key.reset();
          return { kind: "reserved", bookingId: answer.id };
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

/** Return the value; while it is undefined and `keeps` is true, return the last value instead. */
function useLast<T>(value: T | undefined, keeps: boolean): T | undefined {
  const [last, setLast] = useState(value);
  const next = value ?? (keeps ? last : undefined);
  if (next !== last) setLast(next);
  return next;
}

interface Unbooked {
  readonly __typename: string;
  readonly slot?: SlotTime;
  readonly alternatives?: readonly SlotTimeFragment[];
}

/** Return the slot that could not be held or booked, and its alternatives. */
function unavailable(answer: Unbooked | undefined, slot?: SlotTime): Unavailable {
  return { slot: answer?.slot ?? slot, alternatives: answer?.alternatives ?? [] };
}

/** Return the optimistic response to the mutation that holds a slot. */
function optimisticHold(
  { id, slug, name, title, photoUrl }: BookedExpert,
  slot: SlotTime,
  terms: Terms,
): Hold {
  const { startsAt, minutes, sequence } = slot;
  const deadline = Date.parse(startsAt) - terms.cancellationNoticeMinutes * 60_000;
  return {
    __typename: "Booking",
    id: `hold of ${slot.id}`,
    status: "HELD",
    createdAt: new Date().toISOString(),
    heldUntil: null,
    cancellableUntil: new Date(deadline).toISOString(),
    startsAt,
    minutes,
    sequence,
    place: { __typename: "Place", kind: terms.placeKind },
    price: { __typename: "Money", ...terms.price },
    expert: { __typename: "Expert", id, slug, name, title, photoUrl },
    slot: { ...slot, status: "HELD", heldUntil: null, mine: true },
  };
}
