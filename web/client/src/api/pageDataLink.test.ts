import { ApolloLink, execute, gql } from "@apollo/client";
import { firstValueFrom, of } from "rxjs";
import { afterEach, expect, it, vi } from "vitest";

import { PageDataLink } from "./pageDataLink.ts";

const EXPERT = gql`
  query Expert($slug: String!, $first: Int) {
    expertBySlug(slug: $slug) {
      id
    }
  }
`;
const inPage = { data: { expertBySlug: { id: "1" } } };
const fromServer = { data: { expertBySlug: { id: "2" } } };

function answerIn(type: string, ageMs = 0) {
  // In jsdom, `performance` has no navigation entries.
  vi.stubGlobal("performance", { getEntriesByType: () => [{ type }], now: () => ageMs });
  const answer = { operationName: "Expert", variables: { slug: "ada" }, result: inPage };
  document.body.innerHTML = `<script type="application/json" id="page-data">${JSON.stringify([answer])}</script>`;
  const link = ApolloLink.from([new PageDataLink(), new ApolloLink(() => of(fromServer))]);
  return (variables: Record<string, unknown>) =>
    firstValueFrom(execute(link, { query: EXPERT, variables }, { client: {} as never }));
}

afterEach(() => {
  vi.unstubAllGlobals();
});

it("uses the query result that is embedded in the page only once", async () => {
  const ask = answerIn("navigate");
  expect(await ask({ slug: "bea" })).toEqual(fromServer);
  expect(await ask({ first: null, slug: "ada" })).toEqual(inPage);
  expect(await ask({ slug: "ada" })).toEqual(fromServer);
});

it("sends the query when the page comes from the browser's cache", async () => {
  expect(await answerIn("back_forward")({ slug: "ada" })).toEqual(fromServer);
});

it("sends the query when the page was loaded more than a minute ago", async () => {
  expect(await answerIn("navigate", 61_000)({ slug: "ada" })).toEqual(fromServer);
});
