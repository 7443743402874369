interface DayFigure {
  readonly date: string;
  readonly booked: number;
  readonly income: { readonly amount: number };
}

/** A bar of the chart, with the number of bookings and the income of a day or month. */
export interface Bar {
  /** The first day that the bar covers. */
  readonly date: string;
  readonly booked: number;
  /** The income, in minor units of the currency. */
  readonly income: number;
}

/** Maximum length of a period with a bar for each day; longer periods have a bar for each month. */
const MAX_DAYS = 62;

/** Return the bars for a period: one for each day, or one for each month if the period is long. */
export function barsOf(days: readonly DayFigure[]): { bars: Bar[]; areMonths: boolean } {
  const areMonths = days.length > MAX_DAYS;
  const bars = new Map<string, Bar>();
  for (const { date, booked, income } of days) {
    const key = areMonths ? date.slice(0, 7) : date;
    const bar = bars.get(key);
    bars.set(key, {
      date: bar?.date ?? date,
      booked: (bar?.booked ?? 0) + booked,
      income: (bar?.income ?? 0) + income.amount,
    });
  }
  return { bars: [...bars.values()], areMonths };
}

/** Return round values from 0 to at least `largest`, for the grid lines of a chart. */
export function scaleOf(largest: number): number[] {
  const rough = Math.max(1, largest / 4);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power);
  const count = Math.max(1, Math.ceil(largest / step));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}
