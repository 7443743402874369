import type { ReviewFragment } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { ANSWER_REVIEW } from "./documents.ts";
import { TextForm } from "./TextForm.tsx";
import { useReviewChange } from "./useReviewChange.ts";
import { reviewWords } from "./words.ts";

interface AnswerFormProps {
  review: Pick<ReviewFragment, "id" | "answer">;
  onDone: () => void;
}

/** Form for the expert's answer to a review. */
export function AnswerForm({ review, onDone }: AnswerFormProps) {
  const text = useWords(reviewWords);
  const { isBusy, send } = useReviewChange();
  return (
    <TextForm
      label={text.yourAnswer}
      hint={text.answerHint}
      initial={review.answer ?? ""}
      action={text.publishAnswer}
      autoFocus
      isBusy={isBusy}
      check={(answer) => (answer ? undefined : { text: text.noAnswer })}
      onSend={async (answer) => {
        const problems = await send(ANSWER_REVIEW, { id: review.id, text: answer }, text.answered);
        if (!problems) onDone();
        return problems;
      }}
      onCancel={onDone}
    />
  );
}
