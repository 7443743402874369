import { afterEach, beforeEach, expect, it, vi } from "vitest";

import {
  adoptDrafts,
  awaitedCode,
  clearAllDrafts,
  clearDrafts,
  interruptedHold,
  readDraft,
  removeDraft,
  saveAwaitedCode,
  saveDraft,
} from "./drafts.ts";

const UNTIL = "2026-12-01T10:05:00Z";
const BEFORE = Date.parse(UNTIL) - 1;
const draft = {
  ...{ name: "Ada", email: "ada@example.com", phone: "020 7946 0018", country: "GB" },
  note: "Engines",
};
const elsa = { id: "elsa at ten", heldUntil: UNTIL, expert: { id: "elsa" } };
const arjun = { id: "arjun at ten", heldUntil: UNTIL, expert: { id: "arjun" } };

beforeEach(() => vi.useFakeTimers({ now: BEFORE }));
afterEach(() => {
  localStorage.clear();
  clearDrafts();
  vi.useRealTimers();
});

it("keeps a draft only for the person and the hold that it belongs to", () => {
  saveDraft("ada", elsa, draft);
  saveDraft("ada", arjun, { ...draft, note: "Looms" });
  expect(readDraft("ada", elsa)).toEqual(draft);
  expect(readDraft("ada", arjun)?.note).toBe("Looms");
  expect(readDraft("grace", elsa)).toBeUndefined();
  expect(readDraft(undefined, elsa)).toBeUndefined();
  removeDraft("ada", elsa);
  expect(readDraft("ada", elsa)).toBeUndefined();
  expect(readDraft("ada", arjun)?.note).toBe("Looms");
});

it("keeps a draft when a hold of another time replaces the hold", () => {
  saveDraft("ada", elsa, draft);
  saveAwaitedCode("ada", elsa, draft.email);
  const later = { ...elsa, id: "elsa at eleven" };
  expect(readDraft("ada", later)).toEqual(draft);
  expect(awaitedCode("ada", later)).toBeUndefined();
});

it("keeps no draft of a person without a session", () => {
  saveDraft(undefined, elsa, draft);
  expect(interruptedHold("elsa", BEFORE)).toBeUndefined();
});

it("hands a guest's drafts to the account, with the account's e-mail address", () => {
  saveDraft("guest", elsa, draft);
  saveDraft("grace", arjun, draft);
  adoptDrafts("guest", { id: "ada", email: "countess@example.com" });
  expect(readDraft("ada", elsa)).toEqual({ ...draft, email: "countess@example.com" });
  expect(readDraft("guest", elsa)).toBeUndefined();
  expect(readDraft("ada", arjun)).toBeUndefined();
  expect(readDraft("grace", arjun)).toEqual(draft);
});

it("remembers an interrupted hold until it ends or the drafts are cleared", () => {
  saveDraft("ada", elsa, draft);
  expect(interruptedHold("elsa", BEFORE)).toBe(UNTIL);
  expect(interruptedHold("elsa", Date.parse(UNTIL))).toBeUndefined();
  expect(interruptedHold("arjun", BEFORE)).toBeUndefined();
  clearDrafts();
  expect(interruptedHold("elsa", BEFORE)).toBeUndefined();
});

it("remembers an awaited code for the same person and hold, even if the hold is extended", () => {
  saveDraft("guest", elsa, draft);
  expect(awaitedCode("guest", elsa)).toBeUndefined();
  saveAwaitedCode("guest", elsa, draft.email);
  const extended = { ...elsa, heldUntil: "2026-12-01T11:05:00Z" };
  expect(awaitedCode("guest", extended)).toBe(draft.email);
  expect(awaitedCode("grace", elsa)).toBeUndefined();
  saveAwaitedCode("guest", elsa, undefined);
  expect(awaitedCode("guest", elsa)).toBeUndefined();
});

it("forgets drafts from before a sign-out, even in a tab that was asleep", () => {
  saveDraft("ada", elsa, draft);
  const asleep = sessionStorage.getItem("expertbook.drafts")!;
  vi.advanceTimersByTime(1);
  clearAllDrafts();
  sessionStorage.setItem("expertbook.drafts", asleep);
  expect(readDraft("ada", elsa)).toBeUndefined();
  vi.advanceTimersByTime(1);
  saveDraft("ada", elsa, draft);
  expect(readDraft("ada", elsa)).toEqual(draft);
});
