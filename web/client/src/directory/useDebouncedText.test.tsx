import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { useDebouncedText } from "./useDebouncedText.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function field(value: string) {
  const handOn = vi.fn();
  const { result, rerender } = renderHook(({ value }) => useDebouncedText(value, handOn), {
    initialProps: { value },
  });
  return {
    handOn,
    text: () => result.current.text,
    type: (text: string) => act(() => result.current.setText(text)),
    settle: () => result.current.flush(),
    address: (value: string) => rerender({ value }),
    wait: (time: number) => act(() => vi.advanceTimersByTime(time)),
  };
}

test("what is typed is handed on once, when its typist pauses", () => {
  const { type, wait, handOn, text } = field("");
  for (const typed of ["t", "ta", "tax"]) {
    type(typed);
    wait(200);
  }
  expect(handOn).not.toHaveBeenCalled();
  wait(50);
  expect(handOn.mock.calls).toEqual([["tax"]]);
  expect(text()).toBe("tax");
});

test("the echo of what was handed on does not undo what was typed since", () => {
  const { type, wait, address, text } = field("");
  type("ta");
  wait(250);
  type("tax");
  address("ta");
  expect(text()).toBe("tax");
});

test("an echo that comes late does not undo what was handed on and typed since", () => {
  const { type, wait, address, text, handOn } = field("");
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
  expect(handOn.mock.calls).toEqual([["ta"], ["tax"], ["taxi"]]);
  address("taxi");
  address("");
  expect(text()).toBe("");
});

test("Back takes the place of what was typed, also to what was typed before", () => {
  const { type, wait, address, text, handOn } = field("");
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
  expect(handOn).toHaveBeenCalledTimes(1);
});

test("settled text is not handed on a second time", () => {
  const { type, wait, settle, handOn } = field("");
  type("law");
  expect(settle()).toBe("law");
  wait(500);
  expect(handOn).not.toHaveBeenCalled();
});
