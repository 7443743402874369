import { expect, test } from "vitest";

import type { EditedExpertFragment } from "../api/gql/graphql.ts";
import { changedInput, mapServerProblems, validate, toProfile } from "./profile.ts";

const EXPERT = {
  name: "Ada",
  title: "Programmer",
  category: "TECHNOLOGY",
  bio: "",
  experienceYears: 7,
  languages: ["English", "French"],
  timeZone: "Europe/London",
  hourlyRate: { amount: 12_050, currency: "EUR", decimals: 2 },
} as unknown as EditedExpertFragment;

const WORDS = { noPrice: "no price", highPrice: "high price", noNumber: "no number" };
const saved = toProfile(EXPERT, "en-GB");

test("only changed fields are sent", () => {
  expect(changedInput(saved, saved)).toEqual({});
  expect(
    changedInput(saved, { ...saved, languages: "English,French ", hourlyRate: "120,50" }),
  ).toEqual({});
  expect(changedInput(saved, { ...saved, languages: "French, English", hourlyRate: "99" })).toEqual(
    {
      languages: ["French", "English"],
      hourlyRate: { amount: 9_900, currency: "EUR" },
    },
  );
});

test("values that the server could not parse are reported before sending", () => {
  expect(validate(saved, WORDS)).toEqual({});
  expect(validate({ ...saved, experienceYears: "", hourlyRate: "x" }, WORDS)).toEqual({
    experienceYears: "no number",
    hourlyRate: "no price",
  });
  expect(validate({ ...saved, hourlyRate: "9999999" }, WORDS)).toEqual({});
  const dinars = { ...saved, currency: "KWD", decimals: 3, hourlyRate: "2147483,648" };
  expect(validate(dinars, WORDS)).toEqual({ hourlyRate: "high price" });
  expect(validate({ ...dinars, hourlyRate: "2147483.647" }, WORDS)).toEqual({});
});

test("the server's problems are mapped to the form's fields", () => {
  expect(
    mapServerProblems({
      "languages.1": "twice",
      "hourlyRate.amount": "negative",
      "offers.0.minutes": "elsewhere",
    }),
  ).toEqual({ languages: "twice", hourlyRate: "negative" });
});
