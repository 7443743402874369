import type { ReactNode } from "react";

import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { BarChart } from "./BarChart.tsx";
import type { EarlierFigures, ShownFigures } from "./documents.ts";
import { figureWords } from "./words.ts";

interface FiguresProps {
  figures: ShownFigures;
  /** Figures of the preceding period of the same length. */
  earlier: EarlierFigures;
}

/** Four key figures, a chart of each day's bookings, and the outcomes of the bookings. */
export function Figures({ figures, earlier }: FiguresProps) {
  const text = useWords(figureWords);
  const formats = useFormats();
  const { booked, cancelled, noShows, income } = figures;
  return (
    <div className="grid gap-4">
      <dl className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-4">
        <Card label={text.booked} value={formats.number(booked)}>
          <Change from={earlier.booked} to={booked} />
        </Card>
        <Card label={text.income} value={formats.price(income)}>
          <Change from={earlier.income.amount} to={income.amount} />
        </Card>
        <Card label={text.cancelled} value={formats.share(cancelled, booked)}>
          <Part count={cancelled} all={booked} className="bg-gone" />
        </Card>
        <Card label={text.noShows} value={formats.share(noShows, booked)}>
          <Part count={noShows} all={booked} className="bg-now" />
        </Card>
      </dl>
      <div className="grid gap-4 lg:grid-cols-[2fr_1fr]">
        <BarChart figures={figures} />
        <Outcomes figures={figures} />
      </div>
    </div>
  );
}

function Card({ label, value, children }: { label: string; value: string; children: ReactNode }) {
  return (
    <div className="card grid content-start gap-2 rounded-lg p-5">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="display text-2xl tabular-nums">{value}</dd>
      <dd className="grid gap-2 text-sm text-muted">{children}</dd>
    </div>
  );
}

/** Change from the previous period in percent; empty if the previous value is zero or the same. */
function Change({ from, to }: { from: number; to: number }) {
  const text = useWords(figureWords);
  const formats = useFormats();
  if (!from || from === to) return null;
  const change = formats.share(Math.abs(to - from), from);
  return <>{to > from ? text.more(change) : text.less(change)}</>;
}

function Part({ count, all, className }: { count: number; all: number; className: string }) {
  const text = useWords(figureWords);
  const formats = useFormats();
  if (!all) return <>{text.none}</>;
  return (
    <>
      {text.of(formats.number(count), formats.number(all))}
      <span aria-hidden className="block h-1 overflow-hidden rounded-full bg-sunken">
        <span
          className={`block h-full ${className}`}
          style={{ width: `${(100 * count) / all}%` }}
        />
      </span>
    </>
  );
}

function Outcomes({ figures }: { figures: ShownFigures }) {
  const text = useWords(figureWords);
  const formats = useFormats();
  const { booked, completed, cancelled, noShows } = figures;
  const parts = [
    { name: text.completed, count: completed, className: "bg-accent" },
    {
      name: text.coming,
      count: booked - completed - cancelled - noShows,
      className: "bg-free-line",
    },
    { name: text.cancelled, count: cancelled, className: "bg-gone" },
    { name: text.noShows, count: noShows, className: "bg-now" },
  ];
  return (
    <section aria-labelledby="outcomes" className="card grid content-start gap-4 rounded-lg p-5">
      <h2 id="outcomes" className="text-lg">
        {text.outcomes}
      </h2>
      <div aria-hidden className="flex h-2 gap-0.5 overflow-hidden rounded-full bg-sunken">
        {parts.map(({ name, count, className }) => (
          <span key={name} className={className} style={{ flexGrow: count }} />
        ))}
      </div>
      <dl className="grid gap-2">
        {parts.map(({ name, count, className }) => (
          <div key={name} className="flex items-baseline gap-2">
            <span aria-hidden className={`size-2.5 rounded-sm ${className}`} />
            <dt className="flex-1">{name}</dt>
            <dd className="font-semibold tabular-nums">{formats.number(count)}</dd>
            <dd className="w-12 text-right text-muted tabular-nums">
              {formats.share(count, booked)}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
