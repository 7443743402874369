import { useQuery } from "@apollo/client/react";
import { useMemo, useState } from "react";

import { primeFromPage } from "../api/client.ts";
import { graphql } from "../api/gql/gql.ts";
import { useRetryOnline } from "../api/online.ts";
import { ExpertCards } from "../directory/ExpertCard.tsx";
import { ExpertCardsSkeleton } from "../directory/ExpertCardsSkeleton.tsx";
import { useFormats } from "../time/formats.ts";
import { SkeletonBlock } from "../ui/SkeletonBlock.tsx";
import { useTitle } from "../ui/title.ts";
import { Fields } from "./Fields.tsx";
import { LANDING_CARDS, landingHero } from "./hero.ts";
import { HowItWorks } from "./HowItWorks.tsx";
import { landingSpan } from "./landingSpan.ts";
import { LandingView } from "./LandingView.tsx";
import { LiveSeatPlan } from "./LiveSeatPlan.tsx";

// `Slot.mine` is left out, because it would make the response depend on the viewer.
const LANDING = graphql(`
  query Landing($from: DateTime!, $to: DateTime!, $available: AvailableInput) {
    categories {
      category
      count
    }
    experts(first: 6) {
      totalCount
      nodes {
        id
        ...ExpertCard @unmask
        slots(from: $from, to: $to) {
          id
          startsAt
          endsAt
          minutes
          status
          heldUntil
          sequence
        }
      }
    }
  }
`);

/** Landing page: headline, live calendar, highly rated experts, and all fields of expertise. */
export default function Landing() {
  const formats = useFormats();
  const [openedAt] = useState(Date.now);
  const span = useMemo(() => landingSpan(openedAt), [openedAt]);
  useState(() => primeFromPage(LANDING, span));
  const { data, error, refetch } = useQuery(LANDING, {
    variables: span,
    fetchPolicy: "cache-and-network",
  });
  useRetryOnline(error, refetch);
  useTitle(undefined);
  // Keep the first choice of expert and day, although new bookings might change the choice.
  const [chosen, setChosen] = useState<ReturnType<typeof landingHero>>();
  const hero = chosen ?? (data && landingHero(data, formats, openedAt));
  if (hero && !chosen) setChosen(hero);
  const experts = data?.experts;
  const hasFailed = error !== undefined && !data;
  const counts = data && new Map(data.categories.map(({ category, count }) => [category, count]));
  return (
    <LandingView
      experts={experts}
      plan={
        hero ? (
          <LiveSeatPlan hero={hero} span={span} />
        ) : (
          !data && !hasFailed && <SkeletonBlock className="min-h-112 rounded-xl" />
        )
      }
      cards={
        experts ? (
          <ExpertCards experts={experts.nodes.slice(0, LANDING_CARDS)} heading="h3" isCompact />
        ) : (
          !hasFailed && <ExpertCardsSkeleton count={LANDING_CARDS} isCompact />
        )
      }
    >
      <HowItWorks />
      <Fields counts={counts} />
    </LandingView>
  );
}
