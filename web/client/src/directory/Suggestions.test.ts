import { expect, test } from "vitest";

import { DEFAULT_QUERY } from "./directoryQuery.ts";
import { relaxations } from "./Suggestions.tsx";

test("each suggestion leaves out one filter or one word of the query", () => {
  const query = {
    ...DEFAULT_QUERY,
    search: " back  pain surfing",
    categories: ["HEALTH"] as const,
    maxRate: 5_000,
    confirmsAtOnce: true,
    after: "abc",
  };
  expect(relaxations(query).map(({ without, query }) => [without.kind, query])).toEqual([
    ["categories", { ...query, categories: [], after: null }],
    ["maxRate", { ...query, maxRate: null, after: null }],
    ["confirmsAtOnce", { ...query, confirmsAtOnce: false, after: null }],
    ["word", { ...query, search: "pain surfing", after: null }],
    ["word", { ...query, search: "back surfing", after: null }],
    ["word", { ...query, search: "back pain", after: null }],
  ]);
  expect(relaxations({ ...DEFAULT_QUERY, search: "surfing" })).toEqual([]);
});
