import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { expect, test } from "vitest";

import { validateForm, toFormRefusal, refusalFromError } from "./refusals.ts";
import { sessionWords } from "./words.ts";

const now = Date.parse("2026-11-21T16:00:00Z");

test("each problem is mapped to its field, and translated where possible", () => {
  const fields = [
    { field: "name", message: "Name is required" },
    { field: "password", message: "Something new" },
  ];
  const refusal = { __typename: "InvalidInput", fields } as const;
  expect(toFormRefusal(refusal, sessionWords.en, now).problems).toEqual({
    name: "Name is required",
    password: "Something new",
  });
  expect(toFormRefusal(refusal, sessionWords.de, now).problems).toEqual({
    name: "Bitte geben Sie Ihren Namen an.",
    password: "Something new",
  });
});

test("the time to wait is converted to an instant", () => {
  const refusal = { __typename: "TooManyAttempts", retryAfterSeconds: 90 } as const;
  expect(toFormRefusal(refusal, sessionWords.en, now)).toEqual({
    reason: "TooManyAttempts",
    problems: {},
    retryAt: "2026-11-21T16:01:30.000Z",
  });
});

test("refusals other than InvalidInput have no field problems", () => {
  expect(toFormRefusal({ __typename: "WrongCredentials" }, sessionWords.en, now)).toEqual({
    reason: "WrongCredentials",
    problems: {},
  });
});

test("errors about too many attempts and about the e-mail address are treated as refusals", () => {
  const refusal = (code: string, message = "No") => {
    const error = new CombinedGraphQLErrors({ errors: [{ message, extensions: { code } }] });
    return refusalFromError(error, sessionWords.de);
  };
  expect(refusal("TOO_MANY_ATTEMPTS")?.reason).toBe("TooManyAttempts");
  expect(refusal("BAD_USER_INPUT", "email: Email is required")).toEqual({
    reason: "InvalidInput",
    problems: { email: "Bitte geben Sie Ihre E-Mail-Adresse an." },
  });
  expect(refusal("BAD_USER_INPUT", "id: not a global id")).toBeUndefined();
  expect(refusal("INTERNAL")).toBeUndefined();
  expect(refusalFromError(new TypeError("Failed to fetch"), sessionWords.en)).toBeUndefined();
});

test("a form must have its required fields, a plausible e-mail address and a long password", () => {
  const form = document.createElement("form");
  form.innerHTML = `
    <input name="email" required pattern=".+@.+">
    <input name="password" required minlength="10">
    <input name="note">
    <button>Send</button>`;
  const [email, password] = form.elements as unknown as HTMLInputElement[];
  expect(validateForm(form, sessionWords.en)?.problems).toEqual({
    email: sessionWords.en.required,
    password: sessionWords.en.required,
  });
  email!.value = "ada";
  password!.value = "secret";
  expect(validateForm(form, sessionWords.en)?.problems).toEqual({
    email: sessionWords.en.noEmail,
    password: sessionWords.en.tooShort,
  });
  email!.value = "ada@example.com";
  password!.value = "long secret";
  expect(validateForm(form, sessionWords.en)).toBeUndefined();
});
