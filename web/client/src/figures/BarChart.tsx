import { useText, useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { dateFormat } from "../time/intl.ts";
import { type Bar, barsOf, scaleOf } from "./bars.ts";
import type { ShownFigures } from "./documents.ts";
import { figureWords } from "./words.ts";

/** Height of the chart, in units of the SVG. */
const HEIGHT = 100;
/** Maximum number of days that are named below the chart. */
const LABELS = 5;

/** Bookings of each day or month as bars, and as a table for screen readers. */
export function BarChart({ figures }: { figures: ShownFigures }) {
  const text = useWords(figureWords);
  const { locale } = useText();
  const formats = useFormats();
  const { bars, areMonths } = barsOf(figures.perDay);
  const scale = scaleOf(Math.max(0, ...bars.map(({ booked }) => booked)));
  const top = scale.at(-1) ?? 1;
  const nameOf = ({ date }: Bar) =>
    areMonths
      ? dateFormat(locale, { month: "long", timeZone: "UTC" }).format(new Date(date))
      : formats.day(date);
  const priceOf = ({ income }: Bar) => formats.price({ ...figures.income, amount: income });
  const every = Math.ceil(bars.length / LABELS);
  return (
    <section aria-labelledby="bars" className="card grid content-start gap-4 rounded-lg p-5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 id="bars" className="text-lg">
          {areMonths ? text.perMonth : text.perDay}
        </h2>
        <p className="text-sm text-muted">{text.zone(figures.timeZone.replaceAll("_", " "))}</p>
      </div>
      <div aria-hidden className="grid grid-cols-[auto_1fr] gap-x-2 text-xs text-muted">
        <ul className="flex h-56 flex-col-reverse justify-between text-right tabular-nums">
          {scale.map((value) => (
            <li key={value} className="h-0 leading-0">
              {formats.number(value)}
            </li>
          ))}
        </ul>
        <svg
          viewBox={`0 0 ${bars.length} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="h-56 w-full"
        >
          {scale.map((value) => (
            <line
              key={value}
              x1={0}
              x2={bars.length}
              y1={HEIGHT * (1 - value / top)}
              y2={HEIGHT * (1 - value / top)}
              vectorEffect="non-scaling-stroke"
              className="stroke-line"
            />
          ))}
          {bars.map((bar, index) => (
            <rect
              key={bar.date}
              x={index + 0.15}
              width={0.7}
              y={HEIGHT * (1 - bar.booked / top)}
              height={(HEIGHT * bar.booked) / top}
              className="fill-accent hover:opacity-80"
            >
              <title>{text.bar(nameOf(bar), formats.number(bar.booked), priceOf(bar))}</title>
            </rect>
          ))}
        </svg>
        <span />
        <ol className="flex pt-2">
          {bars.map((bar, index) => (
            <li key={bar.date} className="w-0 flex-1 whitespace-nowrap">
              {index % every === 0 && (areMonths ? nameOf(bar).slice(0, 3) : dayOf(bar, locale))}
            </li>
          ))}
        </ol>
      </div>
      <table className="sr-only">
        <thead>
          <tr>
            <th scope="col">{areMonths ? text.month : text.day}</th>
            <th scope="col">{text.booked}</th>
            <th scope="col">{text.income}</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.date}>
              <th scope="row">{nameOf(bar)}</th>
              <td>{formats.number(bar.booked)}</td>
              <td>{priceOf(bar)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function dayOf({ date }: Bar, locale: string): string {
  const form = { day: "numeric", month: "short", timeZone: "UTC" } as const;
  return dateFormat(locale, form).format(new Date(date));
}
