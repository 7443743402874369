import { useFragment } from "@apollo/client/react";
import { useRef } from "react";

import { graphql } from "../api/gql/gql.ts";
import type { AvailableInput } from "../api/gql/graphql.ts";
import { CardGrid } from "./CardGrid.tsx";
import { ExpertCardView } from "./ExpertCardView.tsx";
import { useLiveTimes } from "./useLiveTimes.ts";

// `Slot.mine` is left out, because it would make the response depend on the viewer.
export const EXPERT_CARD = graphql(`
  fragment ExpertCard on Expert {
    id
    slug
    name
    title
    bio
    photoUrl
    languages
    rating
    reviewCount
    cursor
    hourlyRate {
      amount
      currency
      decimals
    }
    offers {
      place {
        kind
      }
    }
    availability {
      confirmsAutomatically
    }
    nextSlots(available: $available) {
      id
      startsAt
      endsAt
      minutes
      status
      heldUntil
      sequence
    }
  }
`);

/** Fragment that a card reads from the cache: the fields of `ExpertCard`, and `Slot.mine`. */
const SHOWN_EXPERT = graphql(`
  fragment ShownExpert on Expert {
    ...ExpertCard @unmask
    nextSlots(available: $available) {
      ...SlotTime @unmask
    }
  }
`);

interface ExpertCardsProps {
  experts: readonly { readonly id: string }[];
  heading: "h2" | "h3";
  search?: string;
  day?: string | undefined;
  /** The time span from which cards show free times; without it, they show the next free times. */
  available?: AvailableInput | undefined;
  /** Whether wide screens show three cards in a row instead of two. */
  isCompact?: boolean;
}

/** Grid of expert cards, on which the free times are updated live. */
export function ExpertCards({ experts, isCompact = false, ...shared }: ExpertCardsProps) {
  return (
    <CardGrid isCompact={isCompact}>
      {experts.map((expert) => (
        <ExpertCard key={expert.id} id={expert.id} isCompact={isCompact} {...shared} />
      ))}
    </CardGrid>
  );
}

// Load the script of the expert's page early, because a click is likely to follow.
function prefetch(): void {
  void import("../expert/ExpertPage.tsx").catch(() => undefined);
}

interface ExpertCardProps extends Omit<ExpertCardsProps, "experts"> {
  id: string;
}

function ExpertCard({ id, available, ...shared }: ExpertCardProps) {
  const { data: expert, complete } = useFragment({
    fragment: SHOWN_EXPERT,
    fragmentName: "ShownExpert",
    from: { __typename: "Expert", id },
    variables: { available },
  });
  const item = useRef<HTMLLIElement>(null);
  useLiveTimes(item, complete ? expert : undefined);
  return (
    <li ref={item} className="flex min-w-0" onPointerEnter={prefetch} onFocus={prefetch}>
      {complete && <ExpertCardView expert={expert} {...shared} />}
    </li>
  );
}
