import { ApolloClient, ApolloLink } from "@apollo/client";
import { ApolloProvider } from "@apollo/client/react";
import { cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { type Observable, of, Subject, throwError } from "rxjs";
import { afterEach, expect, test, vi } from "vitest";

import { createCache } from "../api/cache.ts";
import type { PartyReviewFragment } from "../api/gql/graphql.ts";
import { TextProvider } from "../text/text.tsx";
import { BOOKING_REVIEW } from "./documents.ts";
import { ReviewForm } from "./ReviewForm.tsx";

// The default timeout of one second is too short on a busy machine.
configure({ asyncUtilTimeout: 60_000 });

const onDone = vi.fn();
const onCancel = vi.fn();

afterEach(() => {
  cleanup();
  vi.clearAllMocks();
});

const REVIEW: PartyReviewFragment = {
  ...{ __typename: "Review", id: "r", rating: 4, text: "Knew the answer at once." },
  ...{ author: "Ada L.", createdAt: "2026-12-01T10:00:00Z", editedAt: null },
  ...{ answer: null, answeredAt: null, hidden: false, hiddenReason: null },
};

type Answer = Observable<ApolloLink.Result>;

const outcome = (outcome: object): Answer => of({ data: { outcome } });
const noConnection = (): Answer => throwError(() => new TypeError("Failed to fetch"));

/**
 * Show the form with a fake server that sends the given responses; return the client and the
 * requests.
 */
function show(
  props: { review?: PartyReviewFragment; stars?: number } = {},
  answers: Answer[] = [outcome(REVIEW)],
) {
  const sent: unknown[] = [];
  const link = new ApolloLink(({ operationName, variables }) => {
    if (operationName === "WriteReview") sent.push(variables);
    return answers.shift()!;
  });
  const client = new ApolloClient({ cache: createCache(), link });
  render(
    <ApolloProvider client={client}>
      <TextProvider>
        <ReviewForm
          bookingId="b"
          review={props.review}
          stars={props.stars}
          day="Sat 5 December"
          onDone={onDone}
          onCancel={props.review && onCancel}
        />
      </TextProvider>
    </ApolloProvider>,
  );
  return { client, sent };
}

const words = () => screen.getByLabelText<HTMLTextAreaElement>("Your words");
const star = (name: string) => screen.getByLabelText<HTMLInputElement>(name);
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

function write(text: string): void {
  fireEvent.change(words(), { target: { value: text } });
}

test("the stars and the text are sent", async () => {
  const { sent } = show();
  fireEvent.click(star("4 stars: Good"));
  expect(screen.getByText("Good")).toBeTruthy();
  write(" Knew the answer at once.\n");
  press("Publish");
  await waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  expect(sent).toEqual([{ bookingId: "b", rating: 4, text: "Knew the answer at once." }]);
});

test("missing fields are named, the first gets the focus, and nothing is sent", () => {
  const { sent } = show();
  write("   Short   ");
  press("Publish");
  expect(document.activeElement).toBe(star("1 star: Bad"));
  expect(screen.getByText("Choose one to five stars.")).toBeTruthy();
  fireEvent.click(star("5 stars: Excellent"));
  press("Publish");
  expect(document.activeElement).toBe(words());
  expect(screen.getByText("Write at least 10 characters.")).toBeTruthy();
  expect(screen.queryByText("Choose one to five stars.")).toBeNull();
  expect(sent).toEqual([]);
});

test("if stars were chosen before, the focus moves to the text field", () => {
  show({ stars: 2 });
  expect(star("2 stars: Poor").checked).toBe(true);
  expect(document.activeElement).toBe(words());
});

test("a review can be edited, or the editing can be cancelled", async () => {
  const { sent } = show({ review: REVIEW });
  expect(words().value).toBe(REVIEW.text);
  press("Cancel");
  expect(onCancel).toHaveBeenCalledOnce();
  fireEvent.click(star("3 stars: Fine"));
  press("Save review");
  await waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  expect(sent).toEqual([{ bookingId: "b", rating: 3, text: REVIEW.text }]);
});

test("the field with the server's problem gets the focus, and the written text stays", async () => {
  const message = "Text must not have a link or a web address";
  const fields = [{ __typename: "FieldProblem", field: "text", message }];
  show({ stars: 5 }, [outcome({ __typename: "InvalidInput", message: "invalid", fields })]);
  write("See https://example.com");
  star("5 stars: Excellent").focus();
  press("Publish");
  await screen.findByText(message);
  await waitFor(() => expect(document.activeElement).toBe(words()));
  expect(words().value).toBe("See https://example.com");
  expect(onDone).not.toHaveBeenCalled();
});

test("a refusal is announced", async () => {
  const deadline = "2020-12-05T12:00:00Z";
  show({ review: REVIEW }, [
    outcome({ __typename: "TooLate", message: "too late", deadline }),
    outcome({ __typename: "NotAllowed", message: "no" }),
  ]);
  press("Save review");
  const refusal = await screen.findByText(/^It is too late: this was possible until .*2020/);
  expect(refusal).toBe(screen.getByRole("alert"));
  press("Save review");
  await screen.findByText(/the review has changed in the meantime/);
  expect(onDone).not.toHaveBeenCalled();
});

test("a review can be sent again after a failure", async () => {
  const { sent } = show({ review: REVIEW }, [noConnection(), outcome(REVIEW)]);
  press("Save review");
  await screen.findByText("That did not work. Please try again.");
  press("Save review");
  await waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  expect(sent).toHaveLength(2);
});

test("a review that is being sent can neither be sent again nor be cancelled", async () => {
  const answer = new Subject<ApolloLink.Result>();
  const { sent } = show({ review: REVIEW }, [answer]);
  press("Save review");
  fireEvent.submit(words().form!);
  press("One moment …");
  press("Cancel");
  expect(onCancel).not.toHaveBeenCalled();
  answer.next({ data: { outcome: REVIEW } });
  answer.complete();
  await waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  expect(sent).toHaveLength(1);
});

test("a review counts as published even if the page's reviews cannot be refetched", async () => {
  const booking = { __typename: "Booking", id: "b", reviewableUntil: null, review: null };
  const { client } = show({ review: REVIEW }, [
    of({ data: { booking } }),
    outcome(REVIEW),
    noConnection(),
  ]);
  const loaded = vi.fn();
  const page = client.watchQuery({ query: BOOKING_REVIEW, variables: { id: "b" } });
  page.subscribe(loaded);
  await waitFor(() => expect(loaded).toHaveBeenCalled());
  press("Save review");
  await waitFor(() => expect(onDone).toHaveBeenCalledOnce());
});
