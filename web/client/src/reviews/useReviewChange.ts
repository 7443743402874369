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

// Names of the queries whose mean ratings, counts or lists change when a review changes.
const CHANGED = new Set(["ExpertReviews", "HiddenReviews", "BookingReview"]);

/** Refetch the reviews on the page; without a connection, the reviews stay as they are. */
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
   * Send a change of a review, and show the message `done` on success.
   *
   * Resolves to the problems, keyed by field name, or to undefined on success. Problems that
   * concern no particular field have the key "form".
   */
  send: <V extends OperationVariables>(
    mutation: TypedDocumentNode<{ outcome: ReviewOutcomeFragment }, V>,
    variables: V,
    done: string,
  ) => Promise<Problems | undefined>;
}

/** Return a function that changes a review, and whether a change is in progress. */
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
