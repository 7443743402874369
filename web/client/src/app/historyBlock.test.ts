import { expect, test, vi } from "vitest";

import { blockHistory, revertIfBlocked } from "./historyBlock.ts";

test("a history step is reverted until the prompt is answered", () => {
  const go = vi.spyOn(window.history, "go").mockImplementation(() => undefined);
  let leave: () => void = () => undefined;
  const release = blockHistory((proceed) => (leave = proceed));

  expect(revertIfBlocked(-1)).toBe(true);
  expect(go).toHaveBeenLastCalledWith(1);
  // The step that reverts the navigation shows no prompt.
  expect(revertIfBlocked(1)).toBe(true);

  release();
  leave();
  expect(go).toHaveBeenLastCalledWith(-1);
  expect(revertIfBlocked(-1)).toBe(false);
});

test("history steps pass when nothing blocks them", () => {
  expect(revertIfBlocked(-1)).toBe(false);
});
