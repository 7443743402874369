import { ApolloClient, ApolloLink } from "@apollo/client";
import { ApolloProvider } from "@apollo/client/react";
import { cleanup, configure, fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { of } from "rxjs";
import { afterEach, expect, test } from "vitest";

import { createCache } from "../api/cache.ts";
import { TextProvider } from "../text/text.tsx";
import { ExpertHours } from "./ExpertHours.tsx";

// The default timeout of one second is too short on a busy machine.
configure({ asyncUtilTimeout: 60_000 });
afterEach(() => {
  cleanup();
  localStorage.clear();
});

const PRICE = { __typename: "Money", amount: 4_800, currency: "EUR", decimals: 2 };

/** A fake server with an expert's hours, which other users can change as well. */
class Server {
  readonly received: unknown[] = [];
  private availability = {
    ...{ __typename: "Availability", weekly: [], overrides: [], stepMinutes: 30, breakMinutes: 0 },
    ...{ minimumNoticeMinutes: 120, horizonDays: 90, cancellationNoticeMinutes: 720 },
    ...{ confirmsAutomatically: true, version: 1 },
  };

  change(changed: object): void {
    const version = this.availability.version + 1;
    this.availability = { ...this.availability, ...changed, version };
  }

  get expert() {
    const place = { __typename: "Place", kind: "VIDEO", details: null };
    return {
      ...{ __typename: "Expert", id: "elsa", name: "Elsa", slug: "elsa" },
      ...{ timeZone: "Europe/Berlin", hourlyRate: PRICE, availability: this.availability },
      offers: [{ __typename: "SessionOffer", minutes: 30, place, price: PRICE }],
    };
  }

  readonly link = new ApolloLink(({ operationName, variables }) => {
    if (operationName === "ExpertHours") return of({ data: { expert: this.expert } });
    this.received.push(variables.input);
    const { expertId, expectedVersion, ...changes } = variables.input as Record<string, unknown>;
    if (expertId !== "elsa") throw new Error("another expert");
    if (expectedVersion !== this.availability.version) {
      const setAvailability = { __typename: "AvailabilityChanged", message: "Changed" };
      return of({ data: { setAvailability } });
    }
    this.change(changes);
    const setAvailability = { __typename: "AvailabilitySet", expert: this.expert, outside: [] };
    return of({ data: { setAvailability } });
  });
}

/** Show the hours, and change the booking horizon to 30 days while another user sets a break. */
async function conflict(server: Server, labels: { horizon: string; break: string; save: string }) {
  render(
    <ApolloProvider client={new ApolloClient({ cache: createCache(), link: server.link })}>
      <TextProvider>
        <MemoryRouter>
          <ExpertHours expertId="elsa" isOwn>
            {null}
          </ExpertHours>
        </MemoryRouter>
      </TextProvider>
    </ApolloProvider>,
  );
  const horizon = await screen.findByLabelText<HTMLInputElement>(labels.horizon);
  fireEvent.change(horizon, { target: { value: "30" } });
  server.change({ breakMinutes: 15 });
  fireEvent.click(screen.getByText(labels.save));
  return { horizon, pause: screen.getByLabelText<HTMLSelectElement>(labels.break) };
}

const ENGLISH = {
  horizon: "Days ahead that can be booked",
  break: "Break after each session",
  save: "Save changes",
};

test("the user's changes can be applied to hours that were changed elsewhere", async () => {
  const server = new Server();
  const { horizon, pause } = await conflict(server, ENGLISH);
  const notice = (await screen.findByText("These hours have changed")).parentElement;
  expect(document.activeElement).toBe(notice);
  expect([horizon.value, pause.value]).toEqual(["90", "15"]);
  expect(screen.getByText("You have unsaved changes.")).toBeTruthy();

  fireEvent.click(screen.getByText("Apply my changes"));
  expect([horizon.value, pause.value]).toEqual(["30", "15"]);
  expect(screen.queryByText("These hours have changed")).toBeNull();
  const save = screen.getByText("Save changes");
  expect(document.activeElement).toBe(save);
  fireEvent.click(save);
  await screen.findByText("Everything is saved.");
  const input = { expertId: "elsa", horizonDays: 30 };
  expect(server.received).toEqual([
    { ...input, expectedVersion: 1 },
    { ...input, expectedVersion: 2 },
  ]);
  expect(server.expert.availability).toMatchObject({ horizonDays: 30, breakMinutes: 15 });
});

test("the user's changes can be discarded after a change elsewhere", async () => {
  localStorage.setItem("expertbook.language", "de");
  const { horizon } = await conflict(new Server(), {
    horizon: "So viele Tage im Voraus buchbar",
    break: "Pause nach jedem Termin",
    save: "Änderungen speichern",
  });
  expect(await screen.findByText("Diese Zeiten haben sich geändert")).toBeTruthy();
  fireEvent.click(screen.getByText("Meine Änderungen verwerfen"));
  expect(screen.getByText("Alles ist gespeichert.")).toBeTruthy();
  expect(horizon.value).toBe("90");
});
