import { useQuery } from "@apollo/client/react";
import { useId, useRef } from "react";

import { useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { HIDDEN_REVIEWS } from "./documents.ts";
import { ReviewItem } from "./ReviewItem.tsx";
import { reviewWords } from "./words.ts";

interface HiddenReviewsProps {
  expertId: string;
  expertName: string;
}

/** An expert's hidden reviews and why they are hidden, for the expert and administrators. */
export function HiddenReviews({ expertId, expertName }: HiddenReviewsProps) {
  const text = useWords(reviewWords);
  const { viewer } = useViewer();
  const id = useId();
  const section = useRef<HTMLElement>(null);
  const { data } = useQuery(HIDDEN_REVIEWS, {
    variables: { id: expertId },
    fetchPolicy: "cache-and-network",
  });
  const edges = data?.expert?.reviews.edges ?? [];
  if (!edges.length) return null;
  return (
    <section ref={section} tabIndex={-1} aria-labelledby={id} className="grid gap-2 outline-none">
      <h3 id={id} className="text-lg">
        {text.hiddenTitle}
      </h3>
      <ul className="grid gap-x-10 md:grid-cols-2">
        {edges.map(({ node }) => (
          <li key={node.id} className="border-t border-line py-6">
            <ReviewItem
              review={node}
              expertName={expertName}
              canAnswer={false}
              canHide={viewer?.role === "ADMIN"}
              onMoved={() => section.current?.focus()}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
