import { useApolloClient } from "@apollo/client/react";
import { useState } from "react";

import type { PartyReviewFragment } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { Dialog } from "../bookings/Dialog.tsx";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { REMOVE_REVIEW } from "./documents.ts";
import { ReviewItem } from "./ReviewItem.tsx";
import { refetchReviews } from "./useReviewChange.ts";
import { reviewWords } from "./words.ts";

interface OwnReviewProps {
  review: PartyReviewFragment;
  /** First name of the expert. */
  expertName: string;
  /** The last day on which the review can be changed, formatted for display. */
  day: string;
  /** Whether the review can still be edited. */
  canChange: boolean;
  onEdit: () => void;
  onRemoved: () => void;
}

/** The viewer's own review, which can be edited and removed. */
export function OwnReview(props: OwnReviewProps) {
  const { review, expertName, day, canChange, onEdit, onRemoved } = props;
  const text = useWords(reviewWords);
  const { errors } = useWords(appWords);
  const client = useApolloClient();
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);

  async function remove(): Promise<void> {
    setBusy(true);
    try {
      const variables = { id: review.id };
      const { data } = await client.mutate({ mutation: REMOVE_REVIEW, variables });
      await refetchReviews(client);
      setAsking(false);
      if (data?.outcome.__typename !== "Review") return void toastError(text.notAllowed);
      void toast(text.removed);
      onRemoved();
    } catch {
      void toastError(errors.unexpected);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <ReviewItem review={review} expertName={expertName} canAnswer={false} canHide={false} />
      <div className="flex flex-wrap items-center gap-2 print:hidden">
        {canChange && <Button onClick={onEdit}>{text.edit}</Button>}
        {!review.hidden && (
          <Button kind="danger" onClick={() => setAsking(true)}>
            {text.remove}
          </Button>
        )}
        {canChange && <p className="text-sm text-muted">{text.until(day)}</p>}
      </div>
      {isAsking && (
        <Dialog title={text.askRemove} isBusy={isBusy} onClose={() => setAsking(false)}>
          <p className="text-muted">
            {canChange ? text.askRemoveBody(day) : text.askRemoveForGood}
          </p>
          <div className="flex flex-wrap justify-end gap-3">
            <Button autoFocus onClick={() => !isBusy && setAsking(false)}>
              {text.keep}
            </Button>
            <Button kind="danger" isBusy={isBusy} onClick={() => void remove()}>
              {isBusy ? text.publishing : text.remove}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
