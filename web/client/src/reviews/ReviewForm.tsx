import { useState } from "react";

import type { PartyReviewFragment } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { WRITE_REVIEW } from "./documents.ts";
import { StarField } from "./Stars.tsx";
import { TextForm } from "./TextForm.tsx";
import { useReviewChange } from "./useReviewChange.ts";
import { reviewWords } from "./words.ts";

const MIN_CHARS = 10;

interface ReviewFormProps {
  bookingId: string;
  /** The review to edit; undefined for a new one. */
  review: PartyReviewFragment | undefined;
  /** Number of stars that is selected at first. */
  stars: number | undefined;
  /** The last day on which the review can be changed, formatted for display. */
  day: string;
  onDone: () => void;
  onCancel: (() => void) | undefined;
}

/** Form to write or edit a review, which consists of stars and a text. */
export function ReviewForm(props: ReviewFormProps) {
  const { bookingId, review, stars, day, onDone, onCancel } = props;
  const text = useWords(reviewWords);
  const { isBusy, send } = useReviewChange();
  const [rating, setRating] = useState(review?.rating ?? stars);
  return (
    <TextForm
      label={text.text}
      hint={text.shown(day)}
      placeholder={text.placeholder}
      initial={review?.text ?? ""}
      action={review ? text.save : text.publish}
      autoFocus={Boolean(review ?? stars)}
      isBusy={isBusy}
      check={(words) => {
        const found = {
          ...(!rating && { rating: text.noRating }),
          ...(words.length < MIN_CHARS && { text: text.tooShort }),
        };
        return Object.keys(found).length ? found : undefined;
      }}
      onSend={async (words) => {
        const variables = { bookingId, rating: rating ?? 0, text: words };
        const done = review ? text.saved : text.published;
        const problems = await send(WRITE_REVIEW, variables, done);
        if (!problems) onDone();
        return problems;
      }}
      onCancel={onCancel}
    >
      {(problems) => <StarField value={rating} problem={problems?.rating} onChange={setRating} />}
    </TextForm>
  );
}
