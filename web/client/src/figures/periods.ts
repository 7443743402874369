import { type CalendarDate, endOfYear, startOfYear } from "@internationalized/date";

export const PERIODS = ["week", "month", "coming", "year"] as const;
export type Period = (typeof PERIODS)[number];

/** First and last day of a period, as dates such as 2026-11-23. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

/** Return the period that a URL parameter names; by default the last thirty days. */
export function parsePeriod(parameter: string | null): Period {
  return PERIODS.find((each) => each === parameter) ?? "month";
}

/** Return the first and last day of a period, and of the equally long period before it. */
export function spansOf(period: Period, today: CalendarDate): { span: Span; before: Span } {
  const [from, to] = daysOf(period, today);
  const length = to.compare(from) + 1;
  return {
    span: { from: from.toString(), to: to.toString() },
    before: {
      from: from.subtract({ days: length }).toString(),
      to: from.subtract({ days: 1 }).toString(),
    },
  };
}

function daysOf(period: Period, today: CalendarDate): [from: CalendarDate, to: CalendarDate] {
  switch (period) {
    case "week":
      return [today.subtract({ days: 6 }), today];
    case "month":
      return [today.subtract({ days: 29 }), today];
    case "coming":
      return [today, today.add({ days: 29 })];
    case "year":
      return [startOfYear(today), endOfYear(today)];
  }
}
