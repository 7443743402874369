import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import type { ExpertProfileFragment } from "../api/gql/graphql.ts";
import { TextProvider } from "../text/text.tsx";
import { SessionPane } from "./SessionPane.tsx";

afterEach(() => {
  cleanup();
  localStorage.clear();
});

const EXPERT = {
  offers: [
    {
      minutes: 30,
      place: { kind: "VIDEO" },
      price: { amount: 4_800, currency: "EUR", decimals: 2 },
    },
  ],
  availability: { cancellationNoticeMinutes: 720 },
} as unknown as ExpertProfileFragment;

function show(isSignedIn: boolean): void {
  cleanup();
  render(
    <TextProvider>
      <SessionPane expert={EXPERT} minutes={30} isSignedIn={isSignedIn} />
    </TextProvider>,
  );
}

test.each([
  ["en", "No account needed."],
  ["de", "Ohne Konto."],
])("in %s, only users without a session read that they need no account", (language, words) => {
  localStorage.setItem("expertbook.language", language);
  show(false);
  expect(screen.getByText(words)).toBeTruthy();
  show(true);
  expect(screen.queryByText(words)).toBeNull();
  expect(screen.getAllByRole("listitem")).toHaveLength(2);
});
