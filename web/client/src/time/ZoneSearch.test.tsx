import { cleanup, fireEvent, render, renderHook, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { TextProvider } from "../text/text.tsx";
import { saveTimePreferences, useTimePreferences } from "./preferences.ts";
import ZoneSearch from "./ZoneSearch.tsx";

const onClose = vi.fn();

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-12-01T12:00:00Z") });
  saveTimePreferences({ zone: "Europe/Paris", hourCycle: "h23" });
  // jsdom has no layout, and so lacks `scrollIntoView`.
  Element.prototype.scrollIntoView = vi.fn();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.clearAllMocks();
});

/** Render the search, and return its text field. */
function show(): HTMLElement {
  render(
    <TextProvider>
      <ZoneSearch onClose={onClose} />
    </TextProvider>,
  );
  return screen.getByRole("combobox");
}

function type(value: string): void {
  fireEvent.change(screen.getByRole("combobox"), { target: { value } });
}

function press(...keys: string[]): void {
  for (const key of keys) fireEvent.keyDown(screen.getByRole("combobox"), { key });
}

/** Return the text of the active option, which Enter chooses, as screen readers read it. */
function active(): string | null | undefined {
  const id = screen.getByRole("combobox").getAttribute("aria-activedescendant");
  return id === null ? undefined : document.getElementById(id)!.textContent;
}

function chosenZone(): string {
  return renderHook(useTimePreferences).result.current.zone;
}

test("the current time zone is active when the list opens", () => {
  expect(show()).toBe(document.activeElement);
  expect(active()).toBe("Paris Europe13:00, UTC+1");
  expect(screen.getByRole("option", { selected: true }).textContent).toBe(active());
});

test("a time zone can be found by typing, and chosen with Enter", () => {
  show();
  type("tokyo");
  expect(active()).toBe("Tokyo Asia21:00, UTC+9");
  press("Enter");
  expect(chosenZone()).toBe("Asia/Tokyo");
  expect(onClose).toHaveBeenCalledOnce();
});

test("a city is found by its present name, even if the browser lists its former name", () => {
  show();
  type("kolkata");
  expect(active()).toBe("Kolkata Asia17:30, UTC+5:30");
  type("kathm");
  expect(active()).toBe("Kathmandu Asia17:45, UTC+5:45");
});

test("arrow and page keys move through the results, and stop at either end", () => {
  show();
  type("antarctica");
  const found = screen.getAllByRole("option").map(({ textContent }) => textContent);
  expect(found.length).toBeGreaterThan(9);
  press("ArrowUp");
  expect(active()).toBe(found[0]);
  press("ArrowDown", "ArrowDown");
  expect(active()).toBe(found[2]);
  press("PageUp");
  expect(active()).toBe(found[0]);
  press("PageDown");
  expect(active()).toBe(found[8]);
  press("PageDown", "ArrowDown");
  expect(active()).toBe(found.at(-1));
});

test("after each search, its first result is active", () => {
  show();
  type("argentina");
  press("ArrowDown", "ArrowDown");
  type("america");
  expect(active()).toBe(screen.getAllByRole("option")[0]!.textContent);
});

test("a search without results says so, and Enter then changes nothing", () => {
  show();
  type("nowhere");
  expect(screen.getByRole("status").textContent).toBe("No time zone has this name.");
  press("ArrowDown", "Enter");
  expect(active()).toBeUndefined();
  expect(chosenZone()).toBe("Europe/Paris");
  expect(onClose).not.toHaveBeenCalled();
  type("tokyo");
  expect(screen.queryByRole("status")).toBeNull();
});

test("a time zone can be chosen with the mouse; closing the search keeps the current one", () => {
  show();
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  expect(chosenZone()).toBe("Europe/Paris");
  type("tokyo");
  fireEvent.click(screen.getByRole("option"));
  expect(chosenZone()).toBe("Asia/Tokyo");
  expect(onClose).toHaveBeenCalledTimes(2);
});
