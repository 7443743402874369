import { ApolloClient, ApolloLink } from "@apollo/client";
import { ApolloProvider } from "@apollo/client/react";
import { cleanup, configure, render, screen } from "@testing-library/react";
import { of } from "rxjs";
import { afterEach, expect, test } from "vitest";

import { createCache } from "../api/cache.ts";
import type { Hold } from "../holds/holds.ts";
import { TextProvider } from "../text/text.tsx";
import { SameTime } from "./SameTime.tsx";

// The default timeout of one second is too short on a busy machine.
configure({ asyncUtilTimeout: 60_000 });
afterEach(cleanup);

const HOLD = {
  slot: { startsAt: "2027-03-01T10:00:00Z", endsAt: "2027-03-01T11:00:00Z" },
} as unknown as Hold;

function booking(expert: string, startsAt: string, endsAt: string) {
  return {
    ...{ __typename: "Booking", id: expert + startsAt, sequence: 1 },
    ...{ startsAt: `2027-03-01T${startsAt}:00Z`, endsAt: `2027-03-01T${endsAt}:00Z` },
    expert: { __typename: "Expert", id: expert, name: `Expert ${expert}` },
  };
}

/** Render the warning for a hold with expert "a", given the viewer's bookings. */
async function show(...nodes: readonly ReturnType<typeof booking>[]): Promise<HTMLElement> {
  const bookings = { __typename: "BookingConnection", nodes };
  const asked: unknown[] = [];
  const link = new ApolloLink(({ variables }) => {
    asked.push(variables);
    return of({ data: { bookings } });
  });
  const client = new ApolloClient({ cache: createCache(), link });
  render(
    <ApolloProvider client={client}>
      <TextProvider>
        <SameTime hold={HOLD} expertId="a" />
      </TextProvider>
    </ApolloProvider>,
  );
  await expect
    .poll(() => asked)
    .toEqual([{ from: "2027-03-01T02:00:00.000Z", to: HOLD.slot.endsAt }]);
  return screen.getByRole("status");
}

test("the warning names a session with another expert at the same time", async () => {
  const shown = await show(booking("c", "08:00", "10:00"), booking("b", "09:30", "10:30"));
  await expect.poll(() => shown.textContent).toContain("Expert b");
});

test("sessions before the hold, and the hold itself, cause no warning", async () => {
  const shown = await show(booking("c", "08:00", "10:00"), booking("a", "10:00", "11:00"));
  expect(shown.textContent).toBe("");
});
