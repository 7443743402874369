import { expect, it } from "vitest";

import { missingDetails } from "./details.ts";

const words = { required: "required", noEmail: "no address", noPhone: "no number" };
const ada = { name: "Ada", email: "ada@example.com", phone: "+44 20 7946 0018", note: "" };

it("accepts complete details, with or without a note", () => {
  expect(missingDetails(ada, words)).toEqual({});
});

it("names each field that is missing or cannot be right", () => {
  expect(missingDetails({ name: " ", email: "", phone: "", note: "" }, words)).toEqual({
    "contact.name": "required",
    "contact.email": "required",
    "contact.phone": "required",
  });
  expect(missingDetails({ ...ada, email: "ada at example", phone: "12" }, words)).toEqual({
    "contact.email": "no address",
    "contact.phone": "no number",
  });
});
