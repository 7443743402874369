import { expect, test } from "vitest";

import {
  EVERYTHING,
  parametersOf,
  pathOf,
  variablesOf,
  type Wanted,
  wantedFrom,
} from "./wanted.ts";

const SOME: Wanted = {
  search: "tax & law",
  categories: ["FINANCE", "LEGAL"],
  order: "rate-asc",
  minRating: 4.5,
  maxRate: 10_000,
  languages: ["German", "Irish"],
  after: "abc=",
  before: null,
};

test("an address says all that is wanted, and is read back as that", () => {
  expect(wantedFrom(parametersOf(SOME))).toEqual(SOME);
  expect(pathOf({})).toBe("/experts");
  expect(wantedFrom(new URLSearchParams())).toEqual(EVERYTHING);
});

test("what makes no sense in an address is left out", () => {
  const address =
    "category=MAGIC&category=legal&category=legal&order=luck&rating=9&rate=1.5&language=";
  expect(wantedFrom(new URLSearchParams(address))).toEqual({
    ...EVERYTHING,
    categories: ["LEGAL"],
  });
});

test("a search goes to the server as it was typed", () => {
  expect(variablesOf({ ...EVERYTHING, search: " Zoë  " }).filter?.search).toBe(" Zoë  ");
});

test("pages are asked for forwards, or backwards before a cursor", () => {
  expect(variablesOf(SOME)).toMatchObject({ first: 20, after: "abc=", last: null, before: null });
  const back = { ...SOME, after: null, before: "x" };
  expect(variablesOf(back)).toMatchObject({ first: null, after: null, last: 20, before: "x" });
});
