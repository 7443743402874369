import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { TextProvider } from "../text/text.tsx";
import { ChosenSlot } from "./ChosenSlot.tsx";
import type { SlotTime } from "./slots.ts";

afterEach(cleanup);

const onConfirm = vi.fn();
const common = { isBusy: false, confirmLabel: "Keep this time", onConfirm };

function slot(startsAt: string, status: SlotTime["status"] = "OPEN"): SlotTime {
  const end = new Date(Date.parse(startsAt) + 1_800_000).toISOString();
  return {
    ...{ __typename: "Slot", id: startsAt, startsAt, endsAt: end, minutes: 30 },
    ...{ status, heldUntil: null, mine: false, sequence: 1 },
  };
}

const ten = "2026-12-01T10:00:00Z";
const eleven = slot("2026-12-01T11:00:00Z");
const dayAfter = slot("2026-12-02T10:00:00Z");

function bar(chosen: SlotTime, others: readonly SlotTime[] | undefined) {
  return (
    <TextProvider>
      <ChosenSlot {...common} slot={chosen} isLost={Boolean(others)} others={others ?? []} />
    </TextProvider>
  );
}

test("moves the focus to the explanation when the chosen slot is taken", () => {
  const { rerender, container } = render(bar(slot(ten), undefined));
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Keep this time" }));
  rerender(bar(slot(ten, "BOOKED"), [eleven]));
  expect(document.activeElement).toBe(container.firstChild);
  expect(document.activeElement?.textContent).toContain("Somebody was faster");
});

test("does not take the focus from an element elsewhere on the page", () => {
  const { rerender } = render(bar(slot(ten), undefined));
  const elsewhere = document.body.appendChild(document.createElement("button"));
  elsewhere.focus();
  rerender(bar(slot(ten, "HELD"), [eleven]));
  expect(document.activeElement).toBe(elsewhere);
  elsewhere.remove();
});

test.each([
  ["BOOKED", "Somebody was faster"],
  ["HELD", "Somebody is booking"],
  ["OPEN", "is not offered any more"],
] as const)("explains why a slot with status %s is unavailable", (status, reason) => {
  render(bar(slot(ten, status), []));
  expect(screen.getByText(new RegExp(reason))).toBeTruthy();
  expect(screen.getByText("Please choose another time.")).toBeTruthy();
});

test("offers other times, and names their day if it differs", () => {
  render(bar(slot(ten, "BOOKED"), [eleven, dayAfter]));
  const [first, second] = screen.getAllByRole("button");
  expect(first!.textContent).toMatch(/^\d?\d:\d\d/);
  expect(second!.textContent).toMatch(/^Wed 2|^2 Wed/);
  fireEvent.click(first!);
  expect(onConfirm).toHaveBeenCalledWith(eleven);
});
