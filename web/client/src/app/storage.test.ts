import { afterEach, expect, test, vi } from "vitest";

import { localStore, sessionStore } from "./storage.ts";

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
});

test("values are stored on the device", () => {
  localStore.setItem("theme", "dark");
  expect(localStorage.getItem("theme")).toBe("dark");
  expect(localStore.getItem("theme")).toBe("dark");
  localStore.removeItem("theme");
  expect(localStore.getItem("theme")).toBeNull();
});

test("values last until the page is closed if the storage is denied or full", () => {
  vi.spyOn(window, "sessionStorage", "get").mockImplementation(() => {
    throw new DOMException("denied", "SecurityError");
  });
  expect(sessionStore.getItem("draft")).toBeNull();
  sessionStore.setItem("draft", "text");
  expect(sessionStore.getItem("draft")).toBe("text");
  sessionStore.removeItem("draft");
  expect(sessionStore.getItem("draft")).toBeNull();

  const setItem = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  localStore.setItem("theme", "light");
  expect(localStore.getItem("theme")).toBe("light");
  setItem.mockRestore();
  localStore.setItem("theme", "dark");
  expect(localStorage.getItem("theme")).toBe("dark");
  expect(localStore.getItem("theme")).toBe("dark");
});
