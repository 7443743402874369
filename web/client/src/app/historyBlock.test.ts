import { expect, test, vi } from "vitest";

import { blockHistory, revertIfBlocked } from "./historyBlock.ts";

test("a step through the browser history is reverted until the user confirms it", () => {
  const go = vi.spyOn(window.history, "go").mockImplementation(() => undefined);
  let leave: () => void = () => undefined;
  const release = blockHistory((proceed) => (leave = proceed));

  expect(revertIfBlocked(-1)).toBe(true);
  expect(go).toHaveBeenLastCalledWith(1);
  // The step in the other direction, which reverts the navigation, is not reverted itself.
  expect(revertIfBlocked(1)).toBe(true);

  release();
  leave();
  expect(go).toHaveBeenLastCalledWith(-1);
  expect(revertIfBlocked(-1)).toBe(false);
});

test("steps through the browser history are not reverted if nothing blocks them", () => {
  expect(revertIfBlocked(-1)).toBe(false);
});
