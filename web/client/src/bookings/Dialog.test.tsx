import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";

import { Dialog } from "./Dialog.tsx";

const showModal = vi.fn<HTMLDialogElement["showModal"]>();

// jsdom does not implement modal dialogs.
beforeAll(() => Object.assign(HTMLDialogElement.prototype, { showModal, close: () => undefined }));
afterEach(() => {
  cleanup();
  showModal.mockClear();
});

function show(isBusy: boolean): { element: HTMLElement; onClose: () => void } {
  const onClose = vi.fn();
  render(
    <Dialog title="Cancel" onClose={onClose} isBusy={isBusy}>
      The session
    </Dialog>,
  );
  return { element: screen.getByRole("dialog", { hidden: true }), onClose };
}

test("Escape closes an idle dialog once, but not a busy one", () => {
  const idle = show(false);
  expect(fireEvent(idle.element, new Event("cancel", { cancelable: true }))).toBe(false);
  expect(idle.onClose).toHaveBeenCalledTimes(1);
  cleanup();
  const busy = show(true);
  expect(fireEvent(busy.element, new Event("cancel", { cancelable: true }))).toBe(false);
  expect(busy.onClose).not.toHaveBeenCalled();
});

test("a dialog that the browser closes is shown again if busy, and calls onClose otherwise", () => {
  const busy = show(true);
  fireEvent(busy.element, new Event("close"));
  expect(showModal).toHaveBeenCalledTimes(2);
  expect(busy.onClose).not.toHaveBeenCalled();
  cleanup();
  const idle = show(false);
  fireEvent(idle.element, new Event("close"));
  expect(idle.onClose).toHaveBeenCalledTimes(1);
});
