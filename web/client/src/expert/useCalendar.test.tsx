import { ApolloClient, ApolloLink } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { ApolloProvider } from "@apollo/client/react";
import { act, configure, renderHook, waitFor } from "@testing-library/react";
import { Observable, type Subscriber } from "rxjs";
import { expect, test } from "vitest";

import { createCache } from "../api/cache.ts";
import { useCalendar } from "./useCalendar.ts";

// The default timeout of one second is too short on a busy machine.
configure({ asyncUtilTimeout: 60_000 });

const VARIABLES = {
  expertId: "e",
  from: "2026-11-23",
  count: 1,
  timeZone: "Europe/Paris",
  minutes: 30,
};

/** Fake server with one slot: counts queries, and lets tests send subscription results. */
function server() {
  const subscribed: { after: unknown; observer: Subscriber<ApolloLink.Result> }[] = [];
  let status = "OPEN";
  let reads = 0;
  let failures = 0;
  let isAway = false;
  const slot = () => ({
    __typename: "Slot",
    id: "s",
    startsAt: "2026-11-23T08:00:00Z",
    endsAt: "2026-11-23T08:30:00Z",
    minutes: 30,
    status,
    heldUntil: null,
    mine: false,
    sequence: reads,
  });
  const link = new ApolloLink(
    ({ operationName, variables }) =>
      new Observable((observer) => {
        if (operationName === "CalendarChanged") {
          subscribed.push({ after: variables.after, observer });
          return;
        }
        if (isAway) {
          failures += 1;
          return observer.error(new TypeError("Failed to fetch"));
        }
        reads += 1;
        const days = [{ __typename: "Day", date: "2026-11-23", slots: [slot()] }];
        const expert = { __typename: "Expert", id: "e", cursor: `c${reads}`, days };
        observer.next({ data: { expert } });
        observer.complete();
      }),
  );
  const client = new ApolloClient({ cache: createCache(), link });
  const { result } = renderHook(() => useCalendar(VARIABLES), {
    wrapper: ({ children }) => <ApolloProvider client={client}>{children}</ApolloProvider>,
  });
  return {
    subscribed,
    reads: () => reads,
    failures: () => failures,
    set: (next: { status?: string; isAway?: boolean }) => {
      status = next.status ?? status;
      isAway = next.isAway ?? isAway;
    },
    shown: () => result.current.days[0]?.slots[0]?.status,
    send: (data: Record<string, unknown>) =>
      act(() => subscribed.at(-1)!.observer.next({ data: { slotChanged: data } })),
    fail: (code: string) =>
      act(() => {
        const errors = [{ message: "x", extensions: { code } }];
        subscribed.at(-1)!.observer.error(new CombinedGraphQLErrors({ errors }));
      }),
    slot,
  };
}

test("subscribes after the first query result, and shows changes", async () => {
  const { subscribed, set, send, shown, slot } = server();
  await waitFor(() => expect(subscribed.map(({ after }) => after)).toEqual(["c1"]));
  set({ status: "BOOKED" });
  send({ __typename: "SlotEvent", cursor: "c9", changed: [slot()] });
  await waitFor(() => expect(shown()).toBe("BOOKED"));
});

test("refetches after a change of the booking rules, and keeps the subscription", async () => {
  const { subscribed, set, send, shown, reads } = server();
  await waitFor(() => expect(subscribed).toHaveLength(1));
  set({ status: "BOOKED" });
  send({ __typename: "CalendarReset", cursor: "c9" });
  await waitFor(() => expect(shown()).toBe("BOOKED"));
  expect([reads(), subscribed.length]).toEqual([2, 1]);
});

test("refetches and resubscribes when its cursor has expired", async () => {
  const { subscribed, set, fail, shown, failures } = server();
  await waitFor(() => expect(subscribed).toHaveLength(1));
  set({ status: "BOOKED", isAway: true });
  fail("CURSOR_EXPIRED");
  await waitFor(() => expect(failures()).toBeGreaterThan(0));
  set({ isAway: false });
  await waitFor(() => expect(subscribed.map(({ after }) => after)).toEqual(["c1", "c2"]));
  await waitFor(() => expect(shown()).toBe("BOOKED"));
});
