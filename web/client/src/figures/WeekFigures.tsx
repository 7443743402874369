import { useQuery } from "@apollo/client/react";
import { useEffect, useRef } from "react";
import { Link } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import { useText, useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { dateFormat } from "../time/intl.ts";
import { figureWords } from "./words.ts";

const WEEK_FIGURES = graphql(`
  query WeekFigures($id: ID!, $from: Date!, $to: Date!) {
    expert(id: $id) {
      id
      figures(from: $from, to: $to) {
        booked
        cancelled
        noShows
        income {
          amount
          currency
          decimals
        }
        perDay {
          date
          booked
        }
      }
    }
  }
`);

interface WeekFiguresProps {
  expertId: string;
  /** The dates of the days of the current week, such as 2026-11-23. */
  dates: readonly string[];
  today: string;
  /** The bookings that the desk shows; when one of them changes, the figures are refetched. */
  bookings: readonly { readonly id: string; readonly sequence: number }[] | undefined;
}

/** Sessions and income of the current week, beside the desk's calendar. */
export function WeekFigures({ expertId, dates, today, bookings }: WeekFiguresProps) {
  const text = useWords(figureWords);
  const { locale } = useText();
  const formats = useFormats();
  const [from = today] = dates;
  const to = dates.at(-1) ?? today;
  const { data, refetch } = useQuery(WEEK_FIGURES, {
    variables: { id: expertId, from, to },
    fetchPolicy: "cache-and-network",
  });
  const version = bookings?.map(({ id, sequence }) => `${id} ${sequence}`).join();
  const counted = useRef(version);
  useEffect(() => {
    if (counted.current !== undefined && counted.current !== version) {
      refetch().catch(() => undefined);
    }
    counted.current = version;
  }, [version, refetch]);
  const figures = data?.expert?.figures;
  if (!figures) return null;
  const { booked, cancelled, noShows, income, perDay } = figures;
  const most = Math.max(1, ...perDay.map((day) => day.booked));
  const weekday = (date: string) =>
    dateFormat(locale, { weekday: "narrow", timeZone: "UTC" }).format(new Date(date));
  return (
    <section aria-labelledby="week" className="card grid gap-4 rounded-lg p-5">
      <div className="flex items-baseline justify-between gap-4">
        <h2 id="week" className="text-lg">
          {text.thisWeek}
        </h2>
        <Link to="/desk/figures" className="text-sm">
          {text.all}
        </Link>
      </div>
      <dl className="flex flex-wrap gap-x-8 gap-y-2">
        <div className="flex flex-col-reverse">
          <dt className="text-sm text-muted">{text.sessions}</dt>
          <dd className="display text-xl">{formats.number(booked - cancelled - noShows)}</dd>
        </div>
        <div className="flex flex-col-reverse">
          <dt className="text-sm text-muted">{text.income}</dt>
          <dd className="display text-xl">{formats.price(income)}</dd>
        </div>
      </dl>
      <ol aria-hidden className="flex h-16 items-end gap-1.5 text-center text-xs text-muted">
        {perDay.map(({ date, booked }) => (
          <li key={date} className="grid h-full flex-1 grid-rows-[1fr_auto] items-end gap-1">
            <span
              className={`block min-h-0.5 rounded-sm ${date === today ? "bg-accent" : "bg-soft"}`}
              style={{ height: `${(100 * booked) / most}%` }}
            />
            <span className={date === today ? "font-semibold text-accent" : ""}>
              {weekday(date)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
