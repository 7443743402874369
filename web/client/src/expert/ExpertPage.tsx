import { useQuery } from "@apollo/client/react";
import { Link, Navigate, useLocation, useParams } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { Failure } from "../app/Failure.tsx";
import { Message } from "../app/Message.tsx";
import { useViewer } from "../session/Viewer.tsx";
import { buttonClass } from "../ui/Button.tsx";
import { useTitle } from "../ui/title.ts";
import { ExpertPanes } from "./ExpertPanes.tsx";
import { ExpertSkeleton } from "./ExpertSkeleton.tsx";
import { useWords } from "../text/text.tsx";
import { appWords } from "../app/words.ts";
import { expertWords } from "./words.ts";

const EXPERT = graphql(`
  query Expert($slug: String!) {
    expertBySlug(slug: $slug) {
      id
      slug
      name
      title
      photoUrl
      offers {
        minutes
        place {
          kind
        }
        price {
          amount
          currency
          decimals
        }
      }
      availability {
        horizonDays
        cancellationNoticeMinutes
        confirmsAutomatically
      }
      nextSlot {
        id
        startsAt
      }
      ...ExpertProfile
    }
  }
`);

/** Page `/experts/:slug`: an expert's profile and free slots. */
export default function ExpertPage() {
  const { slug = "" } = useParams();
  const { search } = useLocation();
  const text = useWords(expertWords);
  const { visit } = useViewer();
  const { errors } = useWords(appWords);
  const { data, error, refetch } = useQuery(EXPERT, { variables: { slug } });
  const expert = data?.expertBySlug;
  useTitle(expert?.name);
  if (expert && expert.slug !== slug) {
    return <Navigate to={{ pathname: `/experts/${expert.slug}`, search }} replace />;
  }
  if (expert) return <ExpertPanes key={`${expert.id} ${visit}`} expert={expert} />;
  if (data) {
    return (
      <Message title={text.notFound} body={text.notFoundBody}>
        <Link to="/experts" className={buttonClass("primary")}>
          {errors.home}
        </Link>
      </Message>
    );
  }
  return error ? <Failure retry={() => void refetch()} isOffline /> : <ExpertSkeleton />;
}
