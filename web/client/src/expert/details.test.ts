import { expect, it } from "vitest";

import { missingDetails } from "./details.ts";

const phoneProblems = { invalid: "wrong", short: "short", long: "long" };
const words = { required: "required", noEmail: "no address", phoneProblems };
const ada = { name: "Ada", email: "ada@example.com", phone: "", country: undefined, note: "" };
const phone = { number: "+442079460018", problem: undefined };

it("accepts complete details, with or without a note", () => {
  expect(missingDetails(ada, phone, words)).toEqual({});
});

it("names each field that is missing or invalid", () => {
  const missing = { number: "", problem: "missing" } as const;
  expect(missingDetails({ ...ada, name: " ", email: "" }, missing, words)).toEqual({
    "contact.name": "required",
    "contact.email": "required",
    "contact.phone": "required",
  });
  const short = { number: "12", problem: "short" } as const;
  expect(missingDetails({ ...ada, email: "ada at example" }, short, words)).toEqual({
    "contact.email": "no address",
    "contact.phone": "short",
  });
});
