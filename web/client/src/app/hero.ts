import type { LandingQuery } from "../api/gql/graphql.ts";
import type { Day, SlotTime } from "../expert/slots.ts";
import { availabilityOf, byDay } from "../expert/days.ts";
import type { Formats } from "../time/formats.ts";

const SHOWN_DAYS = 5;
/** Days with at least this many free times are preferred, so that visitors have a choice. */
const MIN_FREE = 3;
/** Hours of the day, in the reader's time zone, between which sessions usually begin. */
const DAYTIME = { from: 7, to: 20 };

/**
 * Number of experts with cards on the landing page. More experts are loaded, and the live calendar
 * may show any of them.
 */
export const LANDING_CARDS = 3;

/** The expert and the day that the live calendar of the landing page shows. */
export interface Hero<E> {
  readonly expert: E;
  readonly days: readonly Day[];
  readonly date: string;
}

/**
 * Return the expert and the day with the highest score; undefined if no expert has free slots.
 *
 * To compute a day's score, add one to the number of the day's taken slots, and multiply the sum by
 * the share of the day's slots that are in the reader's daytime. If fewer than `MIN_FREE` slots are
 * free, the score is negative instead.
 */
export function heroOf<E extends { readonly slots: readonly SlotTime[] }>(
  experts: readonly E[],
  formats: Formats,
  now: number,
): Hero<E> | undefined {
  let best: (Hero<E> & { readonly score: number }) | undefined;
  for (const expert of experts) {
    const days = byDay(expert.slots, formats)
      .filter((day) => availabilityOf(day, now).all > 0)
      .slice(0, SHOWN_DAYS);
    for (const { date, slots } of days) {
      const { all, free } = availabilityOf({ date, slots }, now);
      const usual = slots.filter(({ startsAt }) => isDaytime(formats.hourOf(startsAt))).length;
      const score = free < MIN_FREE ? -1 / free : (1 + all - free) * (usual / slots.length);
      if (free && (!best || score > best.score)) best = { expert, days, date, score };
    }
  }
  return best;
}

/** Return the expert and the day to show in the landing page's live calendar. */
export function landingHero({ experts }: LandingQuery, formats: Formats, now: number) {
  const shown = experts.nodes.map((expert) => ({
    ...expert,
    // The query leaves `mine` out, so that its result is the same for all viewers.
    slots: expert.slots.map((slot) => ({ ...slot, mine: false })),
  }));
  return heroOf(shown, formats, now);
}

function isDaytime(hour: number): boolean {
  return hour >= DAYTIME.from && hour < DAYTIME.to;
}
