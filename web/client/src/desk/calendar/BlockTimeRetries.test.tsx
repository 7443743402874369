import { ApolloClient, ApolloLink } from "@apollo/client";
import { ApolloProvider } from "@apollo/client/react";
import { cleanup, configure, fireEvent, render, screen } from "@testing-library/react";
import { of } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { createCache } from "../../api/cache.ts";
import { TextProvider } from "../../text/text.tsx";
import { BlockTimeDialog } from "./BlockTimeDialog.tsx";

// The default timeout of one second is too short on a busy machine.
configure({ asyncUtilTimeout: 60_000 });

beforeEach(() => {
  // jsdom does not implement these methods of dialogs.
  HTMLDialogElement.prototype.showModal = vi.fn();
  HTMLDialogElement.prototype.close = vi.fn();
});
afterEach(cleanup);

const DAY = "2026-12-01"; // A Tuesday.
const CHRISTMAS = { __typename: "DateOverride", date: "2026-12-24", hours: [] };

test("time is blocked in the current hours, even if they change at the same time", async () => {
  const price = { __typename: "Money", amount: 4_800, currency: "EUR", decimals: 2 };
  const hours = { __typename: "WeeklyHours", weekday: "TUESDAY", from: "09:00", to: "17:00" };
  const expert = (version: number, ...overrides: object[]) => ({
    ...{ __typename: "Expert", id: "elsa", name: "Elsa", slug: "elsa", timeZone: "Europe/Berlin" },
    ...{ hourlyRate: price, offers: [] },
    availability: {
      ...{ __typename: "Availability", weekly: [hours], overrides, version },
      ...{ stepMinutes: 30, breakMinutes: 0, minimumNoticeMinutes: 120, horizonDays: 90 },
      ...{ cancellationNoticeMinutes: 720, confirmsAutomatically: true },
    },
  });
  const read = [expert(1), expert(2, CHRISTMAS)];
  const saved = [
    { __typename: "AvailabilityChanged", message: "Changed" },
    { __typename: "AvailabilitySet", expert: expert(3, CHRISTMAS), outside: [] },
  ];
  const received: unknown[] = [];
  const link = new ApolloLink(({ operationName, variables }) => {
    if (operationName === "ExpertHours") return of({ data: { expert: read.shift() } });
    received.push(variables.input);
    return of({ data: { setAvailability: saved.shift() } });
  });
  const onClose = vi.fn();
  const { container } = render(
    <ApolloProvider client={new ApolloClient({ cache: createCache(), link })}>
      <TextProvider>
        <BlockTimeDialog expertId="elsa" date={DAY} zone="Europe/Berlin" onClose={onClose} />
      </TextProvider>
    </ApolloProvider>,
  );
  fireEvent.submit(container.querySelector("form")!);
  await expect.poll(() => onClose.mock.calls.length).toBe(1);
  const blocked = { date: DAY, hours: [] };
  expect(received).toEqual([
    { expertId: "elsa", expectedVersion: 1, overrides: [blocked] },
    {
      expertId: "elsa",
      expectedVersion: 2,
      overrides: [blocked, { date: "2026-12-24", hours: [] }],
    },
  ]);
  expect(screen.queryByRole("alert")).toBeNull();
});
