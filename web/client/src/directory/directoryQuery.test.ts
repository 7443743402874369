import { expect, test } from "vitest";

import {
  DEFAULT_QUERY,
  toSearchParams,
  directoryPath,
  type DirectoryQuery,
  parseQuery,
} from "./directoryQuery.ts";
import { toVariables as toVariablesIn } from "./directoryVariables.ts";

const toVariables = (query: DirectoryQuery) => toVariablesIn(query, "Europe/Berlin");

const SOME: DirectoryQuery = {
  search: "tax & law",
  categories: ["FINANCE", "LEGAL"],
  order: "rate-asc",
  minRating: 4.5,
  maxRate: 10_000,
  languages: ["German", "Irish"],
  confirmsAtOnce: true,
  day: "2027-03-28",
  time: "15:00",
  minutes: 60,
  after: "abc=",
  before: null,
};

test("a query survives the conversion to URL parameters and back", () => {
  expect(parseQuery(toSearchParams(SOME))).toEqual(SOME);
  expect(directoryPath({})).toBe("/experts");
  expect(parseQuery(new URLSearchParams())).toEqual(DEFAULT_QUERY);
});

test("invalid URL parameters are ignored", () => {
  const address =
    "category=MAGIC&category=legal&category=legal&order=luck&rating=9&rate=1.5&language=" +
    "&day=2027-02-30&time=15:00&minutes=60";
  expect(parseQuery(new URLSearchParams(address))).toEqual({
    ...DEFAULT_QUERY,
    categories: ["LEGAL"],
  });
});

test("a search is sent exactly as typed", () => {
  expect(toVariables({ ...DEFAULT_QUERY, search: " Zoë  " }).filter?.search).toBe(" Zoë  ");
});

test("experts are counted in each category as if no category were chosen", () => {
  const { filter, counted } = toVariables(SOME);
  expect(filter?.categories).toEqual(["FINANCE", "LEGAL"]);
  expect(counted).toEqual({ ...filter, categories: null });
});

test("the server chooses the sort order until the user does", () => {
  expect(toVariables({ ...SOME, order: null }).orderBy).toBeNull();
  expect(toVariables(SOME).orderBy).toEqual({ field: "RATE", direction: "ASC" });
});

test("a page is read forwards after a cursor, or backwards before one", () => {
  expect(toVariables(SOME)).toMatchObject({ first: 20, after: "abc=", last: null, before: null });
  const back = { ...SOME, after: null, before: "x" };
  expect(toVariables(back)).toMatchObject({ first: null, after: null, last: 20, before: "x" });
});

test("an unknown time of day is ignored, and days are those of the reader's time zone", () => {
  expect(parseQuery(new URLSearchParams("time=noon&minutes=7&day=2027-03-28"))).toEqual({
    ...DEFAULT_QUERY,
    day: "2027-03-28",
  });
  const available = (changed: Partial<DirectoryQuery>) =>
    toVariables({ ...DEFAULT_QUERY, ...changed }).filter?.available;
  expect(available({})).toBeNull();
  // In Berlin, the clocks go forward on that day.
  expect(available({ day: "2027-03-28" })).toEqual({
    from: "2027-03-27T23:00:00.000Z",
    to: "2027-03-28T22:00:00.000Z",
    minutes: null,
  });
  expect(available({ day: "2027-03-28", time: "evening", minutes: 30 })).toEqual({
    from: "2027-03-28T15:00:00.000Z",
    to: "2027-03-28T22:00:00.000Z",
    minutes: 30,
  });
  expect(available({ day: "2027-03-28", time: "15:00" })).toEqual({
    from: "2027-03-28T13:00:00.000Z",
    to: "2027-03-28T13:15:00.000Z",
    minutes: null,
  });
});
