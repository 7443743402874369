import { expect, test } from "vitest";

import {
  DEFAULT_QUERY,
  toSearchParams,
  directoryPath,
  toVariables,
  type DirectoryQuery,
  parseQuery,
} from "./directoryQuery.ts";

const SOME: DirectoryQuery = {
  search: "tax & law",
  categories: ["FINANCE", "LEGAL"],
  order: "rate-asc",
  minRating: 4.5,
  maxRate: 10_000,
  languages: ["German", "Irish"],
  after: "abc=",
  before: null,
};

test("an address round-trips the whole query", () => {
  expect(parseQuery(toSearchParams(SOME))).toEqual(SOME);
  expect(directoryPath({})).toBe("/experts");
  expect(parseQuery(new URLSearchParams())).toEqual(DEFAULT_QUERY);
});

test("invalid parameters are ignored", () => {
  const address =
    "category=MAGIC&category=legal&category=legal&order=luck&rating=9&rate=1.5&language=";
  expect(parseQuery(new URLSearchParams(address))).toEqual({
    ...DEFAULT_QUERY,
    categories: ["LEGAL"],
  });
});

test("a search is sent exactly as typed", () => {
  expect(toVariables({ ...DEFAULT_QUERY, search: " Zoë  " }).filter?.search).toBe(" Zoë  ");
});

test("pages are read forwards, or backwards before a cursor", () => {
  expect(toVariables(SOME)).toMatchObject({ first: 20, after: "abc=", last: null, before: null });
  const back = { ...SOME, after: null, before: "x" };
  expect(toVariables(back)).toMatchObject({ first: null, after: null, last: 20, before: "x" });
});
