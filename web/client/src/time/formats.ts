import { useMemo } from "react";

import { dateFormat, numberFormat } from "./intl.ts";
import { type TimePreferences, useTimePreferences } from "./preferences.ts";
import { useText } from "../text/text.tsx";

/**
 * An amount in minor units, and the currency's number of decimals in ISO 4217, from which `Intl`
 * may differ.
 */
export interface Money {
  readonly amount: number;
  readonly currency: string;
  readonly decimals: number;
}

/** Formats instants, days, durations and prices for the reader's locale and time zone. */
export interface Formats {
  /** Format the time of an instant, in every language as 9:30 or 9:30 am. */
  time: (instant: string) => string;
  /** Format a time of day that is given in minutes since midnight. */
  clock: (minutes: number) => string;
  /** Format a calendar day: 2026-11-21 becomes Sat 21 November. */
  day: (date: string) => string;
  /** Format a calendar day without the month: 2026-11-21 becomes Sat 21. */
  shortDay: (date: string) => string;
  /**
   * Format an instant, such as Sat 21 November, 9:30; adds the year unless it is the current year.
   */
  moment: (instant: string) => string;
  /** Format a number of minutes, such as 45 min or 1 hr 30 min. */
  minutes: (count: number) => string;
  /** Format a price, such as 90 €; shows decimals only if they are not zero. */
  price: (money: Money) => string;
  number: (value: number, digits?: number) => string;
  /** Format `part` as a percentage of `all`, such as 6.1 %; 0 % if `all` is 0. */
  share: (part: number, all: number) => string;
  /** Return the calendar day of an instant in the reader's time zone, such as 2026-11-21. */
  dateOf: (instant: string | Date) => string;
  /** Return the hour of an instant in the reader's time zone, from 0 to 23. */
  hourOf: (instant: string) => number;
}

export function useFormats(): Formats {
  const { locale } = useText();
  const preferences = useTimePreferences();
  return useMemo(() => formats(locale, preferences), [locale, preferences]);
}

export function formats(locale: string, { zone, hourCycle }: TimePreferences): Formats {
  const inZone = { timeZone: zone } as const;
  const clock = { hour: "numeric", minute: "2-digit", hourCycle } as const;
  // A calendar day has no time zone, so format it as midnight in UTC.
  const shortDay = { weekday: "short", day: "numeric", timeZone: "UTC" } as const;
  const day = { ...shortDay, month: "long" } as const;
  const timeIn = (timeZone: string, instant: number) =>
    dateFormat(locale, { timeZone, ...clock })
      .formatToParts(instant)
      .map(({ type, value }) => {
        // Remove leading zeros and capital letters, because languages differ in them.
        if (type === "hour") return value.replace(/^0(?=.)/, "");
        return type === "dayPeriod" ? value.toLowerCase() : value;
      })
      .join("");
  const time = (instant: string) => timeIn(zone, Date.parse(instant));
  const dateOf = (instant: string | Date) =>
    dateFormat("en-CA", { ...inZone, dateStyle: "short" }).format(new Date(instant));
  const part = (unit: string, count: number) =>
    numberFormat(locale, { style: "unit", unit }).format(count);
  return {
    time,
    clock: (minutes) => timeIn("UTC", minutes * 60_000),
    day: (date) => dateFormat(locale, day).format(new Date(date)),
    shortDay: (date) => dateFormat(locale, shortDay).format(new Date(date)),
    moment(instant) {
      const date = dateOf(instant);
      const isThisYear = date.slice(0, 4) === dateOf(new Date()).slice(0, 4);
      const format = isThisYear ? day : { ...day, year: "numeric" as const };
      return `${dateFormat(locale, format).format(new Date(date))}, ${time(instant)}`;
    },
    minutes(count) {
      const hours = Math.floor(count / 60);
      const rest = count % 60;
      return [hours && part("hour", hours), (rest || !hours) && part("minute", rest)]
        .filter(Boolean)
        .join(" ");
    },
    price({ amount, currency, decimals }) {
      const value = amount / 10 ** decimals;
      const minimumFractionDigits = Number.isInteger(value) ? 0 : decimals;
      return numberFormat(locale, {
        style: "currency",
        currency,
        minimumFractionDigits,
        maximumFractionDigits: decimals,
      }).format(value);
    },
    number: (value, digits = 0) =>
      numberFormat(locale, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }).format(value),
    share: (part, all) =>
      numberFormat(locale, { style: "percent", maximumFractionDigits: 1 }).format(
        all ? part / all : 0,
      ),
    dateOf,
    hourOf: (instant) =>
      Number(
        dateFormat("en", { ...inZone, hour: "numeric", hourCycle: "h23" }).format(
          Date.parse(instant),
        ),
      ),
  };
}
