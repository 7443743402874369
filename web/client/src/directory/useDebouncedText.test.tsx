import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { useDebouncedText } from "./useDebouncedText.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function field(value: string) {
  const onSettled = vi.fn();
  const { result, rerender } = renderHook(({ value }) => useDebouncedText(value, onSettled), {
    initialProps: { value },
  });
  return {
    onSettled,
    text: () => result.current.text,
    type: (text: string) => act(() => result.current.setText(text)),
    flush: () => result.current.flush(),
    address: (value: string) => rerender({ value }),
    wait: (time: number) => {
      act(() => {
        vi.advanceTimersByTime(time);
      });
    },
  };
}

test("typed text is passed on once, after a pause", () => {
  const { type, wait, onSettled, text } = field("");
  for (const typed of ["t", "ta", "tax"]) {
    type(typed);
    wait(200);
  }
  expect(onSettled).not.toHaveBeenCalled();
  wait(50);
  expect(onSettled.mock.calls).toEqual([["tax"]]);
  expect(text()).toBe("tax");
});

test("a value that echoes the last settled text does not undo newer typing", () => {
  const { type, wait, address, text } = field("");
  type("ta");
  wait(250);
  type("tax");
  address("ta");
  expect(text()).toBe("tax");
});

test("values that echo earlier texts do not undo newer typing", () => {
  const { type, wait, address, text, onSettled } = field("");
  type("ta");
  wait(250);
  type("tax");
  wait(250);
  type("taxi");
  address("ta");
  expect(text()).toBe("taxi");
  address("tax");
  expect(text()).toBe("taxi");
  wait(250);
  expect(onSettled.mock.calls).toEqual([["ta"], ["tax"], ["taxi"]]);
  address("taxi");
  address("");
  expect(text()).toBe("");
});

test("the Back button replaces the typed text, even with a text that was typed earlier", () => {
  const { type, wait, address, text, onSettled } = field("");
  type("tax");
  wait(250);
  address("tax");
  address("");
  expect(text()).toBe("");
  address("tax");
  expect(text()).toBe("tax");
  type("taxi");
  address("");
  wait(250);
  expect(onSettled).toHaveBeenCalledTimes(1);
});

test("flushed text is not passed on again when the timer would have run out", () => {
  const { type, wait, flush, onSettled } = field("");
  type("law");
  expect(flush()).toBe("law");
  wait(500);
  expect(onSettled).not.toHaveBeenCalled();
});
