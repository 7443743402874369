import type { ExpertQuery } from "../api/gql/graphql.ts";
import { ExpertFrame } from "../expert/ExpertFrame.tsx";
import { TimePanesSkeleton } from "../expert/ExpertSkeleton.tsx";
import { offeredMinutes } from "../expert/offers.ts";
import { isSignedIn } from "../session/sessionExpiry.ts";
import { dataOf, show } from "./page.tsx";

show((page) => {
  const expert = (dataOf(page, "Expert") as ExpertQuery | undefined)?.expertBySlug;
  if (!expert) return undefined;
  const asked = new URLSearchParams(location.search).get("minutes");
  return (
    <ExpertFrame
      expert={expert}
      minutes={offeredMinutes(expert, asked)}
      isSignedIn={isSignedIn()}
      times={<TimePanesSkeleton />}
    />
  );
});
