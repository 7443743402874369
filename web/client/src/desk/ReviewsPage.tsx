import { Link } from "react-router";

import ExpertReviews from "../reviews/ExpertReviews.tsx";
import { reviewWords } from "../reviews/words.ts";
import { useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { Icon } from "../ui/Icon.tsx";
import { useTitle } from "../ui/title.ts";
import { NoExpert } from "./NoExpert.tsx";

/** Page `/desk/reviews`, where experts read and answer their clients' reviews. */
export default function ReviewsPage() {
  const text = useWords(reviewWords);
  const { viewer } = useViewer();
  useTitle(text.deskTitle);
  if (!viewer) return null;
  if (!viewer.expert) return <NoExpert />;
  return (
    <div className="grid gap-8 py-2 md:py-6">
      <div className="grid justify-items-start gap-1">
        <Link
          to="/desk"
          className="inline-flex min-h-8 items-center gap-2 text-sm text-muted no-underline hover:text-text pointer-coarse:min-h-11"
        >
          <Icon name="chevronLeft" className="size-4" />
          {text.back}
        </Link>
        <h1 className="text-2xl">{text.deskTitle}</h1>
        <p className="text-muted">{text.deskLead}</p>
      </div>
      <ExpertReviews expertId={viewer.expert.id} isWhole />
    </div>
  );
}
