import { ApolloClient, ApolloLink } from "@apollo/client";
import { ApolloProvider } from "@apollo/client/react";
import { act, cleanup, configure, fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { Observable, of, type Subscriber } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { createCache } from "../api/cache.ts";
import { TextProvider } from "../text/text.tsx";
import HoldBar from "./HoldBar.tsx";

configure({ asyncUtilTimeout: 60_000 });

const NOW = Date.parse("2026-11-26T09:00:00Z");

/** Replacement for ResizeObserver, which jsdom lacks. */
class NoLayout {
  observe = vi.fn();
  disconnect = vi.fn();
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  vi.stubGlobal("ResizeObserver", NoLayout);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function hold(slug: string, minutesLeft: number) {
  const startsAt = "2026-12-01T10:00:00Z";
  return {
    __typename: "Booking",
    id: `hold-${slug}`,
    status: "HELD",
    createdAt: new Date(NOW).toISOString(),
    heldUntil: new Date(NOW + minutesLeft * 60_000).toISOString(),
    cancellableUntil: startsAt,
    sequence: 1,
    startsAt,
    minutes: 30,
    place: { __typename: "Place", kind: "VIDEO" },
    price: { __typename: "Money", amount: 4_800, currency: "EUR", decimals: 2 },
    expert: {
      ...{ __typename: "Expert", id: slug, slug, name: `Expert ${slug}` },
      ...{ title: "Adviser", photoUrl: `/photos/${slug}.svg` },
    },
    slot: {
      ...{ __typename: "Slot", id: `slot-${slug}`, startsAt, endsAt: "2026-12-01T10:30:00Z" },
      ...{ minutes: 30, status: "HELD", heldUntil: null, mine: true, sequence: 1 },
    },
  };
}

/**
 * Show the bar to a viewer with the given holds. Return the requests, and the function `change`,
 * which sends an event.
 */
async function show(path: string, ...holds: ReturnType<typeof hold>[]) {
  let standing = holds;
  const released: unknown[] = [];
  const asked: unknown[] = [];
  const observers: Subscriber<ApolloLink.Result>[] = [];
  const link = new ApolloLink(({ operationName, variables }) => {
    if (operationName === "HoldChanged") {
      return new Observable((observer) => void observers.push(observer));
    }
    if (operationName === "ReleaseHold") {
      released.push(variables.id);
      const [held] = holds.filter(({ id }) => id === variables.id);
      const cancelBooking = { ...held, status: "CANCELLED", heldUntil: null, sequence: 2 };
      return of({ data: { cancelBooking } });
    }
    asked.push(operationName);
    const bookings = { __typename: "BookingConnection", nodes: standing };
    return of({ data: { bookings, viewer: { __typename: "User", id: "ada", waits: [] } } });
  });
  const client = new ApolloClient({ cache: createCache(), link });
  render(
    <ApolloProvider client={client}>
      <TextProvider>
        <MemoryRouter initialEntries={[path]}>
          <HoldBar />
        </MemoryRouter>
      </TextProvider>
    </ApolloProvider>,
  );
  await act(() => vi.advanceTimersByTimeAsync(0));
  const change = (id: string, status: string) =>
    act(async () => {
      standing = standing.filter((each) => each.id !== id);
      const bookingChanged = { __typename: "Booking", id, status, heldUntil: null, sequence: 2 };
      observers.at(-1)!.next({ data: { bookingChanged } });
      await vi.advanceTimersByTimeAsync(0);
    });
  return { released, asked, change };
}

function bar(): string | undefined {
  return screen.queryByRole("complementary")?.textContent;
}

test("shows the hold that ends first, with its countdown and a link back to it", async () => {
  await show("/", hold("arjun", 4), hold("elsa", 2));
  expect(bar()).toContain("Expert elsa");
  expect(bar()).toContain("1 more time");
  expect(screen.getByRole("timer").textContent).toBe("2:00");
  const path = screen.getByRole("link", { name: "Continue" }).getAttribute("href");
  expect(path).toMatch(/^\/experts\/elsa\?minutes=30&day=2026-12-01&step=details$/);
  await act(() => vi.advanceTimersByTimeAsync(61_000));
  expect(screen.getByRole("timer").textContent).toBe("0:59");
});

test("asks for holds and waiting lists in one request", async () => {
  const { asked, change } = await show("/", hold("arjun", 4), hold("elsa", 2));
  expect(asked).toEqual(["HoldsAndWaits"]);
  await change("hold-elsa", "CONFIRMED");
  expect(asked).toEqual(["HoldsAndWaits", "HoldsAndWaits"]);
});

test("leaves out a hold that is being booked on the current page", async () => {
  await show("/experts/elsa?step=code", hold("arjun", 4), hold("elsa", 2));
  expect(bar()).toContain("Expert arjun");
  cleanup();
  await show("/experts/elsa?day=2026-12-01", hold("elsa", 2));
  expect(bar()).toContain("Expert elsa");
  cleanup();
  await show("/experts/elsa?step=details", hold("elsa", 2));
  expect(bar()).toBeUndefined();
});

test("releases a hold", async () => {
  const { released } = await show("/", hold("arjun", 4), hold("elsa", 2));
  await act(async () => {
    fireEvent.click(screen.getByRole("button", { name: "Let go" }));
    await vi.advanceTimersByTimeAsync(0);
  });
  expect(released).toEqual(["hold-elsa"]);
  expect(bar()).toContain("Expert arjun");
});

test("says that a hold has ended, until the message is closed", async () => {
  await show("/", hold("elsa", 2));
  await act(() => vi.advanceTimersByTimeAsync(120_000));
  expect(screen.getByRole("status").textContent).toContain("No longer kept for you");
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  expect(bar()).toBeUndefined();
});

test("vanishes for good when the hold is booked in another tab", async () => {
  const { change } = await show("/", hold("elsa", 2));
  await change("hold-elsa", "CONFIRMED");
  expect(bar()).toBeUndefined();
  await act(() => vi.advanceTimersByTimeAsync(180_000));
  expect(bar()).toBeUndefined();
});
