import { ApolloClient, ApolloLink, gql, InMemoryCache } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { Observable, type Subscriber } from "rxjs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { resumeLink, backoffDelay } from "./resumeLink.ts";

const WATCH = gql`
  subscription Watch($after: String) {
    slotChanged(after: $after) {
      cursor
    }
  }
`;

let attempts: { after: unknown; observer: Subscriber<ApolloLink.Result> }[];
let events: unknown[];
let failure: unknown;
let prepared: number;
let preparation: () => Promise<unknown>;
let subscription: { unsubscribe: () => void };

function subscribe() {
  const source = new ApolloLink(
    ({ variables }) =>
      new Observable((observer) => void attempts.push({ after: variables.after, observer })),
  );
  const link = ApolloLink.from([resumeLink(() => preparation()), source]);
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  subscription = client.subscribe({ query: WATCH, variables: { after: "c0" } }).subscribe({
    next({ data, error }) {
      if (error) failure = error;
      else events.push(data);
    },
    error: (error) => void (failure = error),
  });
}

function event(cursor: string) {
  return { data: { slotChanged: { __typename: "SlotEvent", cursor } } };
}

beforeEach(() => {
  vi.useFakeTimers();
  attempts = [];
  events = [];
  failure = undefined;
  prepared = 0;
  preparation = () => Promise.resolve((prepared += 1));
});
afterEach(() => {
  subscription.unsubscribe();
  vi.useRealTimers();
});

it("resumes after the last event when the connection breaks", async () => {
  subscribe();
  attempts[0]!.observer.next(event("c1"));
  attempts[0]!.observer.next(event("c2"));
  attempts[0]!.observer.error(new Error("Socket closed with event 1006"));
  await vi.advanceTimersByTimeAsync(1_000);
  attempts[1]!.observer.next(event("c3"));
  expect(attempts.map(({ after }) => after)).toEqual(["c0", "c2"]);
  expect(events).toHaveLength(3);
  expect(prepared).toBe(1);
  expect(failure).toBeUndefined();
});

it("keeps retrying until the subscriber unsubscribes", async () => {
  subscribe();
  for (let attempt = 0; attempt < 20; attempt += 1) {
    attempts.at(-1)!.observer.error(new Error("no"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(attempts).toHaveLength(attempt + 2);
  }
  attempts.at(-1)!.observer.error(new Error("no"));
  subscription.unsubscribe();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(attempts).toHaveLength(21);
});

it("retries at once when the network is back", async () => {
  subscribe();
  attempts[0]!.observer.error(new Error("no"));
  window.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(0);
  expect(attempts).toHaveLength(2);
  window.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(attempts).toHaveLength(2);
});

it("passes on errors of the operation without a retry", async () => {
  subscribe();
  attempts[0]!.observer.error(
    new CombinedGraphQLErrors({
      errors: [{ message: "x", extensions: { code: "CURSOR_EXPIRED" } }],
    }),
  );
  await vi.advanceTimersByTimeAsync(60_000);
  expect(attempts).toHaveLength(1);
  expect(CombinedGraphQLErrors.is(failure)).toBe(true);
});

it("resubscribes after a temporary server error", async () => {
  subscribe();
  attempts[0]!.observer.next(event("c1"));
  attempts[0]!.observer.error(
    new CombinedGraphQLErrors({ errors: [{ message: "x", extensions: { code: "UNAVAILABLE" } }] }),
  );
  await vi.advanceTimersByTimeAsync(1_000);
  expect(attempts.map(({ after }) => after)).toEqual(["c0", "c1"]);
  expect(failure).toBeUndefined();
});

it("keeps retrying when the session cannot be renewed", async () => {
  preparation = () => Promise.reject(new TypeError("Failed to fetch"));
  subscribe();
  for (let attempt = 0; attempt < 3; attempt += 1) {
    attempts.at(-1)!.observer.error(new Error("no"));
    await vi.advanceTimersByTimeAsync(10_000);
  }
  expect(attempts).toHaveLength(4);
});

it("backs off from a quarter of a second to ten seconds, with jitter", () => {
  expect(backoffDelay(0, 0)).toBe(125);
  expect(backoffDelay(0, 1)).toBe(250);
  expect(backoffDelay(99, 1)).toBe(10_000);
  expect(backoffDelay(99, 0)).toBe(5_000);
});
