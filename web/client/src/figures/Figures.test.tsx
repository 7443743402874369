import { cleanup, render, screen, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import { TextProvider } from "../text/text.tsx";
import type { EarlierFigures, ShownFigures } from "./documents.ts";
import { Figures } from "./Figures.tsx";

afterEach(cleanup);

const euros = (amount: number) =>
  ({ __typename: "Money", amount, currency: "EUR", decimals: 2 }) as const;

function show(changed: Partial<ShownFigures>, earlier: EarlierFigures): void {
  const figures: ShownFigures = {
    __typename: "Figures",
    from: "2027-03-01",
    to: "2027-03-02",
    timeZone: "Europe/Paris",
    booked: 8,
    completed: 4,
    cancelled: 2,
    noShows: 1,
    income: euros(30_000),
    perDay: [
      { __typename: "DayFigures", date: "2027-03-01", booked: 5, income: euros(20_000) },
      { __typename: "DayFigures", date: "2027-03-02", booked: 3, income: euros(10_000) },
    ],
    ...changed,
  };
  render(
    <TextProvider>
      <Figures figures={figures} earlier={earlier} />
    </TextProvider>,
  );
}

test("figures are compared with the previous period, and shown as shares of all bookings", () => {
  show({}, { booked: 4, income: euros(40_000) });
  expect(screen.getByText("100% more than in the previous period")).toBeTruthy();
  expect(screen.getByText("25% less than in the previous period")).toBeTruthy();
  expect(screen.getByText("2 of 8 bookings")).toBeTruthy();
  const outcomes = screen.getByRole("region", { name: "What became of them" });
  expect(outcomes.textContent).toContain("Not yet completed112.5%");
});

test("a table lists the bookings and the income of each day", () => {
  show({}, { booked: 0, income: euros(0) });
  const rows = within(screen.getByRole("table")).getAllByRole("row");
  expect(rows.map(({ textContent }) => textContent)).toEqual([
    "DayBookedIncome",
    "Mon, March 15€200",
    "Tue, March 23€100",
  ]);
});

test("no shares are shown for a period without bookings", () => {
  show(
    { booked: 0, completed: 0, cancelled: 0, noShows: 0, income: euros(0), perDay: [] },
    {
      booked: 0,
      income: euros(0),
    },
  );
  expect(screen.getAllByText("No bookings")).toHaveLength(2);
  expect(screen.queryByText(/than in the previous period/)).toBeNull();
});
