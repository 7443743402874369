import { ApolloClient, ApolloLink } from "@apollo/client";
import { Subject } from "rxjs";
import { expect, it, vi } from "vitest";

import { BOOKING_REVIEW, REMOVE_REVIEW, WRITE_REVIEW } from "../reviews/documents.ts";
import { refetchReviews } from "../reviews/useReviewChange.ts";
import { createCache } from "./cache.ts";
import { CurrentAnswersLink } from "./currentAnswersLink.ts";

const VARIABLES = { id: "b" };

/** Return a review with the given text. */
function review(text: string) {
  return {
    ...{ __typename: "Review", id: "r", rating: 4, text, author: "Ada L." },
    ...{ createdAt: "2026-12-01T10:00:00Z", editedAt: null, answer: null, answeredAt: null },
    ...{ hidden: false, hiddenReason: null },
  };
}

/** Return the response to a query for a booking whose review has the given text. */
function answered(text: string): ApolloLink.Result {
  const booking = { __typename: "Booking", id: "b", reviewableUntil: null, review: review(text) };
  return { data: { booking } };
}

/** Simulate a page that shows an old review and loads it again; tests send the responses. */
function page() {
  const sent: { name: string | undefined; answer: Subject<ApolloLink.Result> }[] = [];
  const server = new ApolloLink(({ operationName: name }) => {
    const answer = new Subject<ApolloLink.Result>();
    sent.push({ name, answer });
    return answer;
  });
  const link = ApolloLink.from([new CurrentAnswersLink(), server]);
  const client = new ApolloClient({ cache: createCache(), link });
  client.writeQuery({
    query: BOOKING_REVIEW,
    variables: VARIABLES,
    data: answered("Old words.").data as never,
  });
  const shown = vi.fn<(text: string | undefined) => void>();
  client
    .watchQuery({
      query: BOOKING_REVIEW,
      variables: VARIABLES,
      fetchPolicy: "cache-and-network",
    })
    .subscribe(({ data }) => shown(data?.booking?.review?.text));
  return {
    client,
    names: () => sent.map(({ name }) => name),
    shown: () => shown.mock.lastCall?.[0],
    answer: (index: number, result: ApolloLink.Result) => {
      sent[index]!.answer.next(result);
      sent[index]!.answer.complete();
    },
  };
}

const NEW = { data: { outcome: review("New words.") } };

it("repeats a query that was sent before the response to a mutation arrived", async () => {
  const { client, names, shown, answer } = page();
  const variables = { bookingId: "b", rating: 4, text: "New words." };
  const writing = client.mutate({ mutation: WRITE_REVIEW, variables });
  answer(1, NEW);
  await writing;
  const refetched = refetchReviews(client);
  answer(0, answered("Old words."));
  expect(names()).toEqual(["BookingReview", "WriteReview", "BookingReview"]);
  await vi.waitFor(() => expect(shown()).toBe("New words."));
  answer(2, answered("New words."));
  await refetched;
  expect(shown()).toBe("New words.");
});

it("repeats a query again for each mutation that ends while the query is under way", async () => {
  const { client, names, shown, answer } = page();
  for (const [index, text] of ["First words.", "Second words."].entries()) {
    const variables = { bookingId: "b", rating: 4, text };
    const writing = client.mutate({ mutation: WRITE_REVIEW, variables });
    answer(2 * index + 1, { data: { outcome: review(text) } });
    await writing;
    answer(2 * index, answered("Old words."));
  }
  answer(4, answered("Second words."));
  const two = ["BookingReview", "WriteReview"];
  expect(names()).toEqual([...two, ...two, "BookingReview"]);
  await vi.waitFor(() => expect(shown()).toBe("Second words."));
});

it("uses the response to a query if it arrives before the response to a mutation", async () => {
  const { client, names, shown, answer } = page();
  const removing = client.mutate({ mutation: REMOVE_REVIEW, variables: { id: "r" } });
  answer(0, answered("Words of another tab."));
  await vi.waitFor(() => expect(shown()).toBe("Words of another tab."));
  answer(1, { data: { outcome: { __typename: "Review", id: "r" } } });
  await removing;
  expect(names()).toEqual(["BookingReview", "RemoveReview"]);
});
