import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { BookingDetailsFragment } from "../api/gql/graphql.ts";
import { TextProvider } from "../text/text.tsx";
import { JoinSession } from "./JoinSession.tsx";

const START = "2026-12-01T10:00:00Z";
const ROOM = "https://meet.example.com/0123";

beforeEach(() => vi.useFakeTimers({ now: Date.parse(START) - 11 * 60_000 }));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function show(kind: "VIDEO" | "PHONE" | "IN_PERSON", details: string | null, status = "CONFIRMED") {
  const booking = {
    ...{ status, startsAt: START, place: { kind, details } },
    ...{ expert: { name: "Elsa" }, contact: { phone: "+4930901820" } },
  } as BookingDetailsFragment;
  return render(
    <TextProvider>
      <JoinSession booking={booking} />
    </TextProvider>,
  ).container;
}

test("the video call can be joined from ten minutes before the session", () => {
  show("VIDEO", ROOM);
  expect(screen.getByRole("button", { name: "Join video call" })).toHaveProperty("disabled", true);
  expect(screen.queryByRole("link")).toBeNull();
  act(() => {
    vi.advanceTimersByTime(60_000);
  });
  expect(screen.getByRole("link", { name: "Join video call" })).toHaveProperty("href", ROOM);
});

test("a pending request says that the expert's answer is awaited, and shows no video call", () => {
  expect(show("VIDEO", ROOM, "PENDING").textContent).toContain("Waits for Elsa");
  expect(screen.queryByRole("button")).toBeNull();
});

test("the client's phone number, a link to call the expert, or the street address is shown", () => {
  expect(show("PHONE", null).textContent).toBe("Elsa calls you.Your number: +4930901820");
  cleanup();
  show("PHONE", "+442079460018 ext. 12");
  expect(screen.getByRole("link")).toHaveProperty("href", "tel:+442079460018;ext=12");
  cleanup();
  expect(show("IN_PERSON", "Lange Straße 1\nKöln").textContent).toBe("Lange Straße 1\nKöln");
});
