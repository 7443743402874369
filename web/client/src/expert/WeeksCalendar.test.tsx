import { CalendarDate } from "@internationalized/date";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type ComponentProps, useState } from "react";
import { afterEach, expect, test, vi } from "vitest";

import { TextProvider } from "../text/text.tsx";
import { WeeksCalendar } from "./WeeksCalendar.tsx";

const onChange = vi.fn();
const onPage = vi.fn();

afterEach(() => {
  cleanup();
  vi.clearAllMocks();
});

// A Wednesday in the first week that is shown.
const TODAY = new CalendarDate(2026, 11, 25);
const FREE = { all: 6, free: 6 };

/** Calendar in which all days have free slots; choosing a day selects it. */
function Calendar(changed: Partial<ComponentProps<typeof WeeksCalendar>>) {
  const [value, setValue] = useState(changed.value ?? null);
  return (
    <TextProvider>
      <WeeksCalendar
        label="Choose a day"
        locale="en-GB"
        origin={new CalendarDate(2026, 11, 23)}
        page={0}
        minValue={TODAY}
        maxValue={TODAY.add({ years: 2 })}
        availabilityOf={() => FREE}
        canWait={false}
        onPage={onPage}
        {...changed}
        value={value}
        onChange={(date) => {
          onChange(date.toString());
          setValue(date);
        }}
      />
    </TextProvider>
  );
}

/** Return the button of a day, such as "1 December". */
function day(name: string): HTMLElement {
  return screen.getByLabelText(new RegExp(`\\b${name} 202`));
}

function focus(name: string): void {
  act(() => day(name).focus());
}

/** Press a key on the focused day, and return the day that has the focus afterwards. */
function press(key: string, modifiers: KeyboardEventInit = {}): string | undefined {
  fireEvent.keyDown(document.activeElement!, { key, ...modifiers });
  return /\d+ \w+ \d+/.exec(document.activeElement!.getAttribute("aria-label") ?? "")?.[0];
}

function tabStops(): Element[] {
  return [...screen.getByRole("grid").querySelectorAll("[tabindex='0']")];
}

test("keys move the focus by a day, week, month or year, but not beyond the bookable days", () => {
  render(<Calendar />);
  focus("25 November");
  expect(press("ArrowRight")).toBe("26 November 2026");
  expect(press("ArrowDown")).toBe("3 December 2026");
  expect(press("Home")).toBe("30 November 2026");
  expect(press("End")).toBe("6 December 2026");
  expect(press("ArrowLeft")).toBe("5 December 2026");
  expect(press("ArrowUp")).toBe("28 November 2026");
  expect(press("PageDown")).toBe("28 December 2026");
  expect(press("PageDown", { shiftKey: true })).toBe("28 December 2027");
  expect(press("PageDown", { shiftKey: true })).toBe("25 November 2028");
  expect(press("PageUp")).toBe("25 October 2028");
  expect(press("PageUp", { shiftKey: true })).toBe("25 October 2027");
  expect(press("PageUp", { shiftKey: true })).toBe("25 November 2026");
  expect(press("Home")).toBe("25 November 2026");
});

test("key combinations such as Alt with an arrow key are left to the browser", () => {
  render(<Calendar />);
  focus("27 November");
  for (const modifier of ["altKey", "ctrlKey", "metaKey"]) {
    const key = { key: "ArrowLeft", [modifier]: true };
    expect(fireEvent.keyDown(document.activeElement!, key)).toBe(true);
    expect(document.activeElement).toBe(day("27 November"));
  }
});

test("Tab enters the grid at the selected day, even if another day had the focus before", () => {
  render(<Calendar value={new CalendarDate(2026, 12, 1)} />);
  expect(tabStops()).toEqual([day("1 December")]);
  focus("1 December");
  press("ArrowRight");
  expect(tabStops()).toEqual([day("2 December")]);
  act(() => day("2 December").blur());
  expect(tabStops()).toEqual([day("1 December")]);
});

test("the focus moves to the next day when the focused day is over", () => {
  const { rerender } = render(<Calendar />);
  focus("25 November");
  rerender(<Calendar minValue={TODAY.add({ days: 1 })} />);
  expect(document.activeElement).toBe(day("26 November"));
  expect(tabStops()).toEqual([day("26 November")]);
});

test("free days can be chosen; full and closed days are labelled, and cannot be chosen", () => {
  const found = new Map([
    ["2026-11-26", { all: 6, free: 1 }],
    ["2026-11-27", { all: 6, free: 0 }],
    ["2026-11-28", { all: 0, free: 0 }],
  ]);
  render(<Calendar availabilityOf={(date) => found.get(date.toString()) ?? FREE} />);
  expect(day("25 November").ariaLabel).toMatch(/2026, Today$/);
  expect(day("26 November").ariaLabel).toMatch(/2026, 1 time free$/);
  expect(day("27 November").ariaLabel).toMatch(/2026, full$/);
  expect(day("28 November").ariaLabel).toMatch(/2026, nothing free$/);
  for (const date of [24, 27, 28, 26]) fireEvent.click(day(`${date} November`));
  expect(onChange.mock.calls).toEqual([["2026-11-26"]]);
  const selected = screen.getByRole("gridcell", { selected: true });
  expect(selected.contains(day("26 November"))).toBe(true);
});

test("a full day can be chosen if it has a waiting list", () => {
  render(<Calendar availabilityOf={() => ({ all: 6, free: 0 })} canWait />);
  expect(day("27 November").ariaLabel).toMatch(/2026, full, with a waiting list$/);
  fireEvent.click(day("27 November"));
  expect(onChange.mock.calls).toEqual([["2026-11-27"]]);
});

test("buttons lead to later and earlier weeks, as far as these have bookable days", () => {
  render(<Calendar maxValue={new CalendarDate(2027, 1, 10)} />);
  const months = screen.getByRole("heading");
  const [today, earlier, later] = ["Today", "Earlier weeks", "Later weeks"].map((name) =>
    screen.getByRole<HTMLButtonElement>("button", { name }),
  );
  expect(months.textContent).toMatch(/^November 2026.*January 2027$/);
  expect([earlier!.disabled, later!.disabled]).toEqual([true, false]);
  fireEvent.click(later!);
  expect(months.textContent).toMatch(/^January.*February 2027$/);
  expect([earlier!.disabled, later!.disabled]).toEqual([false, true]);
  fireEvent.click(earlier!);
  fireEvent.click(later!);
  fireEvent.click(today!);
  expect(day("25 November")).toBeTruthy();
  expect(onPage.mock.calls).toEqual([[1], [0], [1], [0]]);
});

test("if keys move the focus beyond the weeks shown, the calendar shows the new weeks", () => {
  render(<Calendar />);
  focus("3 January");
  expect(press("ArrowRight")).toBe("4 January 2027");
  expect(onPage.mock.calls).toEqual([[1]]);
  expect(press("ArrowLeft")).toBe("3 January 2027");
  expect(onPage.mock.calls).toEqual([[1], [0]]);
});
