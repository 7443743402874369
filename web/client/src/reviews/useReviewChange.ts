import { useApolloClient } from "@apollo/client/react";
import type { ApolloClient, OperationVariables, TypedDocumentNode } from "@apollo/client";
import { useState } from "react";

import type { ReviewOutcomeFragment } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { type Problems, problemsByField } from "../ui/problems.ts";
import { toast } from "../ui/toast.tsx";
import { reviewWords } from "./words.ts";

// Queries whose means, counts and lists change with a review.
const CHANGED = new Set(["ExpertReviews", "HiddenReviews", "BookingReview"]);

/** Load the reviews on the page again; without a connection they stay as they are. */
export async function refetchReviews(client: ApolloClient): Promise<void> {
  await client
    .refetchQueries({
      include: "active",
      onQueryUpdated: ({ queryName }) => CHANGED.has(queryName ?? ""),
    })
    // Ignore errors: the change itself has succeeded.
    .catch(() => undefined);
}

interface ReviewChange {
  readonly isBusy: boolean;
  /**
   * Send a change, and show the message `done` on success.
   *
   * Resolves to the problems by field, with those of no field under "form"; to undefined without
   * problems.
   */
  send: <V extends OperationVariables>(
    mutation: TypedDocumentNode<{ outcome: ReviewOutcomeFragment }, V>,
    variables: V,
    done: string,
  ) => Promise<Problems | undefined>;
}

/** Return a function that changes a review, and whether a change is under way. */
export function useReviewChange(): ReviewChange {
  const client = useApolloClient();
  const text = useWords(reviewWords);
  const { errors } = useWords(appWords);
  const formats = useFormats();
  const [isBusy, setBusy] = useState(false);

  return {
    isBusy,
    async send(mutation, variables, done) {
      setBusy(true);
      try {
        const { data } = await client.mutate({ mutation, variables });
        const outcome = data?.outcome;
        switch (outcome?.__typename) {
          case "Review":
            await refetchReviews(client);
            void toast(done);
            return undefined;
          case "InvalidInput":
            return problemsByField(outcome.fields, text.problem);
          case "TooLate":
            return { form: text.tooLate(formats.moment(outcome.deadline)) };
          default:
            return { form: text.notAllowed };
        }
      } catch {
        return { form: errors.unexpected };
      } finally {
        setBusy(false);
      }
    },
  };
}
