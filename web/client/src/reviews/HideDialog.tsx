import type { ReviewFragment } from "../api/gql/graphql.ts";
import { Dialog } from "../bookings/Dialog.tsx";
import { useWords } from "../text/text.tsx";
import { HIDE_REVIEW } from "./documents.ts";
import { TextForm } from "./TextForm.tsx";
import { useReviewChange } from "./useReviewChange.ts";
import { reviewWords } from "./words.ts";

/** Maximum number of characters that the server accepts as a reason. */
const MAX_REASON_CHARS = 500;

interface HideDialogProps {
  review: Pick<ReviewFragment, "id">;
  onHidden: () => void;
  onClose: () => void;
}

/** Dialog to hide a review and state the reason. */
export function HideDialog({ review, onHidden, onClose }: HideDialogProps) {
  const text = useWords(reviewWords);
  const { isBusy, send } = useReviewChange();
  return (
    <Dialog title={text.askHide} isBusy={isBusy} onClose={onClose}>
      <p className="text-muted">{text.hiddenBody}</p>
      <TextForm
        label={text.hideReason}
        hint={text.hideHint}
        initial=""
        maxLength={MAX_REASON_CHARS}
        action={text.doHide}
        kind="danger"
        autoFocus
        isBusy={isBusy}
        check={(reason) => (reason ? undefined : { reason: text.noReason })}
        onSend={async (reason) => {
          const variables = { id: review.id, hidden: true, reason };
          const problems = await send(HIDE_REVIEW, variables, text.isHidden);
          if (!problems) onHidden();
          return problems;
        }}
        onCancel={onClose}
      />
    </Dialog>
  );
}
