import { ApolloClient, ApolloLink } from "@apollo/client";
import { ApolloProvider } from "@apollo/client/react";
import { cleanup, configure, fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { of } from "rxjs";
import { afterEach, expect, test, vi } from "vitest";

import { createCache } from "../api/cache.ts";
import type { Hold } from "../holds/holds.ts";
import { likelyCountry } from "../phone/country.ts";
import { useViewer, ViewerProvider } from "../session/Viewer.tsx";
import { TextProvider } from "../text/text.tsx";
import BookingSteps from "./BookingSteps.tsx";
import type { Reservation } from "./useReservation.ts";

type BookingStepsProps = Parameters<typeof BookingSteps>[0];

// The tests create their own Apollo Client, so the application's client module is mocked.
vi.mock("../api/client.ts", () => ({ continueAsViewer: vi.fn(), resetForNewViewer: vi.fn() }));

// The default timeout of one second is too short on a busy machine.
configure({ asyncUtilTimeout: 60_000 });
afterEach(() => {
  cleanup();
  localStorage.clear();
  sessionStorage.clear();
});

const EXPERT = {
  ...{ id: "elsa", slug: "elsa", name: "Elsa", title: "Adviser", photoUrl: "/photos/elsa.svg" },
  availability: { confirmsAutomatically: true },
};

const HOLD = {
  ...{ id: "hold", createdAt: "2027-03-01T08:00:00Z", heldUntil: null, minutes: 60 },
  ...{ startsAt: "2027-03-01T10:00:00Z", cancellableUntil: "2027-02-28T10:00:00Z" },
  ...{ place: { kind: "VIDEO" }, price: { amount: 4_800, currency: "EUR", decimals: 2 } },
  ...{ expert: EXPERT },
  slot: { id: "slot", startsAt: "2027-03-01T10:00:00Z", endsAt: "2027-03-01T11:00:00Z" },
} as unknown as Hold;

/** The booking steps, rendered once the viewer has loaded. */
function Steps(props: BookingStepsProps) {
  return useViewer().viewer && <BookingSteps {...props} />;
}

/**
 * Show the details step to a viewer with this stored phone number. The returned list `kept`
 * collects the numbers that the step stores.
 */
async function show(stored: string | null) {
  const viewer = {
    ...{ __typename: "User", id: "ada", name: "Ada", email: "ada@example.com", phone: stored },
    ...{ emailVerified: true, role: "CLIENT", timeZone: "Europe/Berlin", language: "EN" },
    ...{ guest: false, hasPassword: true, expert: null },
  };
  const kept: unknown[] = [];
  const link = new ApolloLink(({ operationName, variables }) => {
    if (operationName === "Viewer") return of({ data: { viewer } });
    if (operationName === "UpdateProfile") {
      const { phone } = variables.input as { phone: string };
      kept.push(phone);
      return of({ data: { updateProfile: { ...viewer, phone } } });
    }
    return of({ data: { bookings: { __typename: "BookingConnection", nodes: [] } } });
  });
  const book = vi.fn(() => Promise.resolve({ kind: "reserved", bookingId: "booking" }));
  const onReserved = vi.fn();
  const nothing = () => undefined;
  render(
    <ApolloProvider client={new ApolloClient({ cache: createCache(), link })}>
      <TextProvider>
        <MemoryRouter>
          <ViewerProvider>
            <Steps
              {...{ expert: EXPERT, hold: HOLD, isLost: false, notice: undefined, isCode: false }}
              reservation={{ book, isBusy: false } as unknown as Reservation}
              {...{ onUnavailable: nothing, onReserved, onCode: nothing }}
              {...{ onBack: nothing, onRelease: nothing }}
            />
          </ViewerProvider>
        </MemoryRouter>
      </TextProvider>
    </ApolloProvider>,
  );
  const submit = await screen.findByText(/^Book for/);
  await screen.findByLabelText("Country code");
  return {
    kept,
    phone: screen.getByLabelText<HTMLInputElement>(/^Phone/),
    book: async () => {
      fireEvent.click(submit);
      await expect.poll(() => onReserved.mock.calls).toEqual([["booking"]]);
      return book.mock.calls.at(-1);
    },
  };
}

test("a booking's phone number and country replace those that were stored before", async () => {
  const { kept, phone, book } = await show("+4930901820");
  await expect.poll(() => phone.value).toBe("30 901820");
  fireEvent.change(phone, { target: { value: "+33 6 39 98 01 04" } });
  expect(await book()).toMatchObject([{ contact: { phone: "+33639980104" } }]);
  expect(kept).toEqual(["+33639980104"]);
  expect(likelyCountry(["DE", "FR"])).toBe("FR");
});

test("an unchanged phone number is not stored again", async () => {
  const { kept, phone, book } = await show("+4930901820");
  await expect.poll(() => phone.value).toBe("30 901820");
  expect(await book()).toMatchObject([{ contact: { phone: "+4930901820" } }]);
  expect(kept).toEqual([]);
});
