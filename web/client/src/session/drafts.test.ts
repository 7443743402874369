import { afterEach, expect, it } from "vitest";

import {
  adoptDrafts,
  awaitedCode,
  clearDrafts,
  interruptedHold,
  readDraft,
  saveAwaitedCode,
  saveDraft,
} from "./drafts.ts";

const UNTIL = "2026-12-01T10:05:00Z";
const BEFORE = Date.parse(UNTIL) - 1;
const draft = { name: "Ada", email: "ada@example.com", phone: "+44 20 7946 0018", note: "Engines" };

afterEach(clearDrafts);

it("keeps a draft for its person and expert alone", () => {
  saveDraft("ada", "elsa", UNTIL, draft);
  expect(readDraft("ada", "elsa")).toEqual(draft);
  expect(readDraft("grace", "elsa")).toBeUndefined();
  expect(readDraft(undefined, "elsa")).toBeUndefined();
  expect(readDraft("ada", "arjun")).toBeUndefined();
});

it("keeps nothing of somebody without a session", () => {
  saveDraft(undefined, "elsa", UNTIL, draft);
  expect(interruptedHold("elsa", BEFORE)).toBeUndefined();
});

it("hands a guest's draft to the account, with the account's address", () => {
  saveDraft("guest", "elsa", UNTIL, draft);
  adoptDrafts("guest", { id: "ada", email: "countess@example.com" });
  expect(readDraft("ada", "elsa")).toEqual({ ...draft, email: "countess@example.com" });
  expect(readDraft("guest", "elsa")).toBeUndefined();
});

it("hands no other person's draft on", () => {
  saveDraft("grace", "elsa", UNTIL, draft);
  adoptDrafts("guest", { id: "ada", email: "ada@example.com" });
  expect(readDraft("ada", "elsa")).toBeUndefined();
});

it("knows an interrupted hold until it ends, without what was typed", () => {
  saveDraft("ada", "elsa", UNTIL, draft);
  expect(interruptedHold("elsa", BEFORE)).toBe(UNTIL);
  expect(interruptedHold("elsa", Date.parse(UNTIL))).toBeUndefined();
  expect(interruptedHold("arjun", BEFORE)).toBeUndefined();
  clearDrafts();
  expect(interruptedHold("elsa", BEFORE)).toBeUndefined();
});

it("knows the awaited code of a person's hold alone", () => {
  saveDraft("guest", "elsa", UNTIL, draft);
  expect(awaitedCode("guest", "elsa", UNTIL)).toBeUndefined();
  saveAwaitedCode("guest", "elsa", UNTIL, draft.email);
  expect(awaitedCode("guest", "elsa", UNTIL)).toBe(draft.email);
  expect(awaitedCode("grace", "elsa", UNTIL)).toBeUndefined();
  expect(awaitedCode("guest", "elsa", "2026-12-01T11:05:00Z")).toBeUndefined();
  saveAwaitedCode("guest", "elsa", UNTIL, undefined);
  expect(awaitedCode("guest", "elsa", UNTIL)).toBeUndefined();
});
