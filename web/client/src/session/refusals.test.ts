import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { expect, test } from "vitest";

import { missingIn, refusedBy, refusedByError } from "./refusals.ts";
import { sessionWords } from "./words.ts";

const now = Date.parse("2026-11-21T16:00:00Z");

test("every problem goes to its field, in the reader's language where there are words for it", () => {
  const fields = [
    { field: "name", message: "Name is required" },
    { field: "password", message: "Something new" },
  ];
  const refusal = { __typename: "InvalidInput", fields } as const;
  expect(refusedBy(refusal, sessionWords.en, now).problems).toEqual({
    name: "Name is required",
    password: "Something new",
  });
  expect(refusedBy(refusal, sessionWords.de, now).problems).toEqual({
    name: "Bitte geben Sie Ihren Namen an.",
    password: "Something new",
  });
});

test("the time to wait becomes an instant", () => {
  const refusal = { __typename: "TooManyAttempts", retryAfterSeconds: 90 } as const;
  expect(refusedBy(refusal, sessionWords.en, now)).toEqual({
    why: "TooManyAttempts",
    problems: {},
    until: "2026-11-21T16:01:30.000Z",
  });
});

test("other refusals are about no field", () => {
  expect(refusedBy({ __typename: "WrongCredentials" }, sessionWords.en, now)).toEqual({
    why: "WrongCredentials",
    problems: {},
  });
});

test("of errors only the one for too many attempts is expected", () => {
  const error = (code: string) =>
    new CombinedGraphQLErrors({ errors: [{ message: "No", extensions: { code } }] });
  expect(refusedByError(error("TOO_MANY_ATTEMPTS"))?.why).toBe("TooManyAttempts");
  expect(refusedByError(error("INTERNAL"))).toBeUndefined();
  expect(refusedByError(new TypeError("Failed to fetch"))).toBeUndefined();
});

test("a form is complete with every required field and something like an address", () => {
  const form = document.createElement("form");
  form.innerHTML = `
    <input name="email" required pattern=".+@.+">
    <input name="password" required>
    <input name="note">
    <button>Send</button>`;
  const [email, password] = form.elements as unknown as HTMLInputElement[];
  expect(missingIn(form, sessionWords.en)?.problems).toEqual({
    email: sessionWords.en.required,
    password: sessionWords.en.required,
  });
  email!.value = "ada";
  password!.value = "secret";
  expect(missingIn(form, sessionWords.en)?.problems).toEqual({ email: sessionWords.en.noEmail });
  email!.value = "ada@example.com";
  expect(missingIn(form, sessionWords.en)).toBeUndefined();
});
