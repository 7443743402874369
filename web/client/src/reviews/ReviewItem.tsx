import { useRef, useState } from "react";

import type { PartyReviewFragment, ReviewFragment } from "../api/gql/graphql.ts";
import { useText, useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { dateFormat } from "../time/intl.ts";
import { Button } from "../ui/Button.tsx";
import { toastError } from "../ui/toast.tsx";
import { AnswerForm } from "./AnswerForm.tsx";
import { HIDE_REVIEW } from "./documents.ts";
import { HideDialog } from "./HideDialog.tsx";
import { Stars } from "./Stars.tsx";
import { useReviewChange } from "./useReviewChange.ts";
import { reviewWords } from "./words.ts";

const EDITABLE_MS = 30 * 86_400_000;

interface ReviewItemProps {
  review: ReviewFragment | PartyReviewFragment;
  /** First name of the expert, shown before the answer. */
  expertName: string;
  /** Whether the viewer is the reviewed expert. */
  canAnswer: boolean;
  /** Whether the viewer is an administrator. */
  canHide: boolean;
  /** Called after the review was hidden or shown again, which may move it to another list. */
  onMoved?: () => void;
}

/** A review with its answer, and the actions that the viewer can take. */
export function ReviewItem(props: ReviewItemProps) {
  const { review, expertName, canAnswer, canHide, onMoved } = props;
  const text = useWords(reviewWords);
  const { isBusy, send } = useReviewChange();
  const { hidden } = review;
  const isEditable = useNow(60_000) - Date.parse(review.createdAt) < EDITABLE_MS;
  const [isAnswering, setAnswering] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const item = useRef<HTMLElement>(null);

  async function showAgain(): Promise<void> {
    const variables = { id: review.id, hidden: false, reason: "" };
    const problems = await send(HIDE_REVIEW, variables, text.isShown);
    if (problems) void toastError(problems.form ?? text.notAllowed);
    else onMoved?.();
  }

  return (
    <article ref={item} tabIndex={-1} className="grid content-start gap-3 outline-none">
      <div className="grid gap-1.5">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <h3 lang="" className="text-base wrap-anywhere">
            {review.author}
          </h3>
          <p className="text-sm text-muted">
            <DateOf instant={review.createdAt} />
            {review.editedAt && `, ${text.edited}`}
          </p>
        </div>
        <Stars rating={review.rating} />
      </div>
      {hidden && <HiddenNotice review={review} />}
      {/* The language of a review is unknown, so `lang` is empty. */}
      <p
        lang=""
        className={`max-w-prose whitespace-pre-line wrap-anywhere ${hidden ? "text-muted" : ""}`}
      >
        {review.text}
      </p>
      {isAnswering ? (
        <AnswerForm
          review={review}
          onDone={() => {
            setAnswering(false);
            item.current?.focus();
          }}
        />
      ) : (
        review.answer && (
          <p
            lang=""
            className="max-w-prose rounded-md bg-sunken px-4 py-3 whitespace-pre-line wrap-anywhere"
          >
            <strong className="font-semibold">{expertName}</strong> {review.answer}
          </p>
        )
      )}
      <div className="flex flex-wrap gap-2 empty:hidden">
        {canAnswer && !hidden && !isAnswering && (!review.answer || isEditable) && (
          <Button
            aria-label={review.answer ? text.editAnswer : text.answerOf(review.author)}
            onClick={() => setAnswering(true)}
          >
            {review.answer ? text.editAnswer : text.answer}
          </Button>
        )}
        {canHide && (
          <Button
            kind={hidden ? undefined : "danger"}
            aria-label={hidden ? text.showOf(review.author) : text.hideOf(review.author)}
            isBusy={isBusy}
            onClick={() => (hidden ? void showAgain() : setAsking(true))}
          >
            {hidden ? text.show : text.hide}
          </Button>
        )}
      </div>
      {isAsking && (
        <HideDialog
          review={review}
          onHidden={() => {
            setAsking(false);
            onMoved?.();
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </article>
  );
}

/** Notice that a review is hidden, with the reason. */
export function HiddenNotice({ review }: { review: ReviewFragment | PartyReviewFragment }) {
  const text = useWords(reviewWords);
  return (
    <div className="rounded-md bg-held-bg px-4 py-3 text-held">
      <p className="font-semibold">{text.hidden}</p>
      <p className="text-sm">{text.hiddenBody}</p>
      {"hiddenReason" in review && review.hiddenReason && (
        <p className="mt-1 text-sm wrap-anywhere">
          {text.reason}: <span lang="">{review.hiddenReason}</span>
        </p>
      )}
    </div>
  );
}

/** The day of an instant, such as 24 November, with the year unless it is the current year. */
function DateOf({ instant }: { instant: string }) {
  const { locale } = useText();
  const formats = useFormats();
  const day = formats.dateOf(instant);
  const isThisYear = day.slice(0, 4) === formats.dateOf(new Date()).slice(0, 4);
  return (
    <time dateTime={instant}>
      {dateFormat(locale, {
        day: "numeric",
        month: "long",
        timeZone: "UTC",
        ...(!isThisYear && { year: "numeric" }),
      }).format(new Date(day))}
    </time>
  );
}
