import { parseDate } from "@internationalized/date";

import type { DateOverrideInput } from "../api/gql/graphql.ts";
import { addDays } from "../time/day.ts";
import type { Problems } from "../ui/problems.ts";
import { findMissingTimes, mapSpanProblems, newKey, type Span, toSpan } from "./spans.ts";

/** Maximum number of days in one draft; the server accepts this many overridden days in total. */
const MAX_DAYS = 366;

/** Consecutive days with other hours than the weekly ones; days without hours are closed. */
export interface OverrideDraft {
  readonly key: string;
  readonly date: string;
  /** The last day, inclusive. */
  readonly until: string;
  readonly hours: readonly Span[];
}

/** Error messages for problems that the browser finds before it sends the changes. */
export interface OverrideWords {
  readonly noTime: string;
  readonly noDate: string;
  readonly untilBeforeDate: string;
  readonly tooManyDays: string;
}

/**
 * Convert the saved overrides from `today` on, one for each day, to drafts. Consecutive days with
 * equal hours become one draft.
 */
export function toOverrideDrafts(
  overrides: readonly DateOverrideInput[],
  today: string,
): OverrideDraft[] {
  const found: OverrideDraft[] = [];
  const coming = overrides.filter(({ date }) => date >= today);
  for (const { date, hours } of coming.toSorted((a, b) => a.date.localeCompare(b.date))) {
    const last = found.at(-1);
    if (last && addDays(last.until, 1) === date && isEqual(last.hours, hours)) {
      found[found.length - 1] = { ...last, until: date };
    } else {
      found.push({ key: newKey(), date, until: date, hours: hours.map(toSpan) });
    }
  }
  return found;
}

/** Convert drafts to the mutation's input: one override for each day. */
export function toOverrideInput(drafts: readonly OverrideDraft[]): DateOverrideInput[] {
  return drafts.flatMap((draft) =>
    daysOf(draft).map((date) => ({
      date,
      hours: draft.hours.map(({ from, to }) => ({ from, to })),
    })),
  );
}

/** Return the problems that must be fixed before the drafts can be sent. */
export function validateOverrides(
  drafts: readonly OverrideDraft[],
  words: OverrideWords,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { key, date, until, hours } of drafts) {
    if (!date) found[`${key}.date`] = words.noDate;
    if (!until) found[`${key}.until`] = words.noDate;
    else if (until < date) found[`${key}.until`] = words.untilBeforeDate;
    else if (date && parseDate(until).compare(parseDate(date)) >= MAX_DAYS) {
      found[`${key}.until`] = words.tooManyDays;
    }
    Object.assign(found, findMissingTimes(hours, words.noTime));
  }
  return found;
}

/**
 * Assign the server's problems to the drafts' fields. The server numbers the single days that were
 * sent, and a draft may contain several of these days.
 */
export function mapOverrideProblems(
  problems: Problems,
  drafts: readonly OverrideDraft[],
): Record<string, string> {
  const found: Record<string, string> = {};
  const days = drafts.flatMap((draft) => daysOf(draft).map(() => draft));
  days.forEach(({ key, hours }, index) => {
    const path = `overrides.${index}`;
    const message = problems[`${path}.date`];
    if (message) found[`${key}.date`] = message;
    Object.assign(found, mapSpanProblems(problems, `${path}.hours`, hours));
  });
  return found;
}

/** Return the first day that is after today and after all overrides. */
export function nextUnusedDate(drafts: readonly OverrideDraft[], today: string): string {
  const last = drafts.reduce((latest, { until }) => (until > latest ? until : latest), today);
  return addDays(last, 1);
}

function daysOf({ date, until }: OverrideDraft): string[] {
  const days: string[] = [];
  if (!date) return days;
  for (let day = date; day <= until && days.length < MAX_DAYS; day = addDays(day, 1))
    days.push(day);
  return days;
}

function isEqual(one: readonly Hours[], other: readonly Hours[]): boolean {
  const plain = (hours: readonly Hours[]) => hours.map(({ from, to }) => `${from}-${to}`).join();
  return plain(one) === plain(other);
}

interface Hours {
  readonly from: string;
  readonly to: string;
}
