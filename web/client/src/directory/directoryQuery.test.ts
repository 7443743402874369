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
  confirmsAtOnce: true,
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

test("counts of categories follow the search, but not the chosen categories", () => {
  const { filter, counted } = toVariables(SOME);
  expect(filter?.categories).toEqual(["FINANCE", "LEGAL"]);
  expect(counted).toEqual({ ...filter, categories: null });
});

test("the order is left to the server until one is chosen", () => {
  expect(toVariables({ ...SOME, order: null }).orderBy).toBeNull();
  expect(toVariables(SOME).orderBy).toEqual({ field: "RATE", direction: "ASC" });
});

test("pages are read forwards, or backwards before a cursor", () => {
  expect(toVariables(SOME)).toMatchObject({ first: 20, after: "abc=", last: null, before: null });
  const back = { ...SOME, after: null, before: "x" };
  expect(toVariables(back)).toMatchObject({ first: null, after: null, last: 20, before: "x" });
});
