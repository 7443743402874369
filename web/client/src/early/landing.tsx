import type { LandingQuery } from "../api/gql/graphql.ts";
import { LANDING_CARDS, landingHero } from "../app/hero.ts";
import { LandingView } from "../app/LandingView.tsx";
import { SeatPlan } from "../app/SeatPlan.tsx";
import { CardGrid } from "../directory/CardGrid.tsx";
import { ExpertCardView } from "../directory/ExpertCardView.tsx";
import { useFormats } from "../time/formats.ts";
import { dataOf, show } from "./page.tsx";

show((page) => {
  const data = dataOf(page, "Landing") as LandingQuery | undefined;
  return data && <EarlyLanding data={data} now={Date.now()} />;
});

/** The landing page as the early script shows it before React has loaded. */
function EarlyLanding({ data, now }: { data: LandingQuery; now: number }) {
  const hero = landingHero(data, useFormats(), now);
  return (
    <LandingView
      experts={data.experts}
      plan={hero && <SeatPlan {...hero} />}
      cards={
        <CardGrid isCompact>
          {data.experts.nodes.slice(0, LANDING_CARDS).map((expert) => (
            <li key={expert.id} className="flex min-w-0">
              <ExpertCardView expert={expert} heading="h3" isCompact />
            </li>
          ))}
        </CardGrid>
      }
    />
  );
}
