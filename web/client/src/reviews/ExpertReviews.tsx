import { useQuery } from "@apollo/client/react";
import { type ReactNode, type RefObject, useEffect, useId, useRef, useState } from "react";
import { NavigationType, useLocation, useNavigationType } from "react-router";

import type { ReviewOrder } from "../api/gql/graphql.ts";
import { useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Select } from "../ui/Select.tsx";
import { ShowMore } from "../ui/ShowMore.tsx";
import { SkeletonBlock } from "../ui/SkeletonBlock.tsx";
import { EXPERT_REVIEWS } from "./documents.ts";
import { HiddenReviews } from "./HiddenReviews.tsx";
import { Histogram } from "./Histogram.tsx";
import { ReviewItem } from "./ReviewItem.tsx";
import { reviewWords } from "./words.ts";

/** Numbers of reviews that are shown at first, and on each further page. */
const FIRST = 4;
const PAGE = 20;
const ORDERS: readonly ReviewOrder[] = ["NEWEST", "BEST", "WORST"];

interface ExpertReviewsProps {
  expertId: string;
  /** Whether to show a full page of reviews from the start. */
  isWhole?: boolean;
}

/** An expert's reviews with their answers, in one of three sort orders. */
export default function ExpertReviews({
  expertId,
  isWhole = false,
}: ExpertReviewsProps): ReactNode {
  const text = useWords(reviewWords);
  const formats = useFormats();
  const { viewer } = useViewer();
  const [orderBy, setOrder] = useState<ReviewOrder>("NEWEST");
  const [isLoadingMore, setLoadingMore] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useReviewsAddress(heading);
  const query = useQuery(EXPERT_REVIEWS, {
    variables: { id: expertId, orderBy, first: isWhole ? PAGE : FIRST },
    fetchPolicy: "cache-and-network",
  });
  const expert = (query.data ?? query.previousData)?.expert;
  const canAnswer = viewer?.expert?.id === expertId;
  const canHide = viewer?.role === "ADMIN";

  async function loadMore(): Promise<void> {
    setLoadingMore(true);
    try {
      const after = query.data?.expert?.reviews.pageInfo.endCursor ?? null;
      await query.fetchMore({ variables: { first: PAGE, after } });
    } finally {
      setLoadingMore(false);
    }
  }

  const [firstName = ""] = (expert?.name ?? "").split(" ");
  const edges = expert?.reviews.edges ?? [];
  const hasMore = query.data?.expert?.reviews.pageInfo.hasNextPage ?? false;
  return (
    <section
      id="reviews"
      aria-labelledby={id}
      className="grid items-start gap-x-10 gap-y-8 lg:grid-cols-[17rem_minmax(0,1fr)]"
    >
      <div className="grid gap-4">
        <h2 id={id} ref={heading} tabIndex={-1} className="scroll-mt-4 text-xl outline-none">
          {text.title}
        </h2>
        {expert?.rating != null && <Histogram mean={expert.rating} counts={expert.ratingCounts} />}
        {expert && (
          <p className="text-sm text-muted">
            {expert.rating === null && `${text.none} `}
            {text.onlyClients}
          </p>
        )}
        {expert && expert.reviewCount > 1 && (
          <Select
            label={text.order}
            value={orderBy}
            onChange={({ target }) => setOrder(target.value as ReviewOrder)}
          >
            {ORDERS.map((each) => (
              <option key={each} value={each}>
                {text.orders[each]}
              </option>
            ))}
          </Select>
        )}
      </div>
      <div className="grid gap-6">
        {query.error && !expert ? (
          <div className="grid justify-items-start gap-3">
            <p>{text.failed}</p>
            <Button onClick={() => void query.refetch()}>{text.again}</Button>
          </div>
        ) : !expert ? (
          <div aria-hidden className="grid gap-8 md:grid-cols-2">
            {[0, 1, 2, 3].map((index) => (
              <SkeletonBlock key={index} className="h-32 rounded-md" />
            ))}
          </div>
        ) : (
          <ul className="grid gap-x-10 md:grid-cols-2">
            {edges.map(({ node }) => (
              <li key={node.id} className="border-t border-line py-6">
                <ReviewItem
                  review={node}
                  expertName={firstName}
                  canAnswer={canAnswer}
                  canHide={canHide}
                  onMoved={() => heading.current?.focus()}
                />
              </li>
            ))}
          </ul>
        )}
        {hasMore && edges.length <= FIRST ? (
          <Button
            kind="plain"
            className="justify-self-start px-0!"
            isBusy={isLoadingMore}
            onClick={() => void loadMore()}
          >
            {text.all(formats.number(expert?.reviewCount ?? 0))}
          </Button>
        ) : (
          <ShowMore of={{ hasMore, isLoadingMore, loadMore }} />
        )}
        {(canAnswer || canHide) && <HiddenReviews expertId={expertId} expertName={firstName} />}
      </div>
    </section>
  );
}

/** Scroll to the heading and focus it if the URL ends with `#reviews`. */
function useReviewsAddress(heading: RefObject<HTMLElement | null>): void {
  const { hash, key } = useLocation();
  const type = useNavigationType();
  // Back and Forward restore the scroll position, so the effect must not scroll then. Only the
  // first page of a tab has the key "default".
  const isRestored = type === NavigationType.Pop && key !== "default";
  useEffect(() => {
    if (hash !== "#reviews" || isRestored) return;
    heading.current?.scrollIntoView();
    heading.current?.focus({ preventScroll: true });
  }, [heading, hash, key, isRestored]);
}
