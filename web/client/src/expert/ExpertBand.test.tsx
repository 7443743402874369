import { ApolloClient, ApolloLink } from "@apollo/client";
import { ApolloProvider } from "@apollo/client/react";
import { cleanup, configure, fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter, useLocation } from "react-router";
import { of } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { createCache } from "../api/cache.ts";
import type { ExpertProfileFragment } from "../api/gql/graphql.ts";
import ExpertReviews from "../reviews/ExpertReviews.tsx";
import { ViewerProvider } from "../session/Viewer.tsx";
import { TextProvider } from "../text/text.tsx";
import { ExpertBand } from "./ExpertBand.tsx";

// The tests create their own Apollo Client, so mock the module that creates the application's.
vi.mock("../api/client.ts", () => ({ continueAsViewer: vi.fn(), resetForNewViewer: vi.fn() }));

// The default timeout of one second is too short on a busy machine.
configure({ asyncUtilTimeout: 60_000 });

const scrolled = vi.fn();
beforeEach(() => {
  // jsdom has no layout, and so lacks `scrollIntoView`.
  Element.prototype.scrollIntoView = function (this: Element) {
    scrolled(this);
  };
});
afterEach(() => {
  cleanup();
  scrolled.mockReset();
});

function Address() {
  const { pathname, search, hash } = useLocation();
  return <output>{pathname + search + hash}</output>;
}

/** Render an expert's introduction and reviews at the given URL. */
function show(address: string, reviewCount: number): void {
  const rated = { rating: reviewCount ? 4.5 : null, reviewCount };
  const expert = {
    ...{ __typename: "Expert", id: "elsa", name: "Elsa", title: "Adviser", category: "HEALTH" },
    ...{ photoUrl: "/photos/elsa.svg", experienceYears: 3, languages: [], ...rated },
    availability: { confirmsAutomatically: false },
  };
  const pageInfo = {
    ...{ __typename: "PageInfo", hasNextPage: false, hasPreviousPage: false },
    ...{ startCursor: null, endCursor: null },
  };
  const reviews = { __typename: "ReviewConnection", edges: [], pageInfo };
  const link = new ApolloLink(({ operationName }) =>
    operationName === "Viewer"
      ? of({ data: { viewer: null } })
      : of({ data: { expert: { ...expert, ratingCounts: [0, 0, 0, 0, reviewCount], reviews } } }),
  );
  render(
    <ApolloProvider client={new ApolloClient({ cache: createCache(), link })}>
      <TextProvider>
        <MemoryRouter initialEntries={[address]}>
          <ViewerProvider>
            <ExpertBand expert={expert as unknown as ExpertProfileFragment} />
            <ExpertReviews expertId="elsa" />
            <Address />
          </ViewerProvider>
        </MemoryRouter>
      </TextProvider>
    </ApolloProvider>,
  );
}

test("the rating links to the reviews, and the link keeps the chosen session length", () => {
  show("/experts/elsa?minutes=30", 12);
  expect(scrolled).not.toHaveBeenCalled();
  fireEvent.click(screen.getByRole("link", { name: /^Rated 4\.5 out of 5, 12 reviews/ }));
  const heading = screen.getByRole("heading", { name: "Reviews" });
  expect(document.activeElement).toBe(heading);
  expect(scrolled).toHaveBeenCalledWith(heading);
  expect(screen.getByText("/experts/elsa?minutes=30#reviews")).toBeTruthy();
});

test("a URL that ends with #reviews moves the focus to the reviews", () => {
  show("/experts/elsa#reviews", 12);
  expect(document.activeElement?.textContent).toBe("Reviews");
});

test("the page of an expert without reviews has no link to them", () => {
  show("/experts/elsa", 0);
  expect(screen.getByText("New")).toBeTruthy();
  expect(screen.getAllByRole("link")).toHaveLength(1);
});
