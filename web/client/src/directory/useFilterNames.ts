import { slotWords } from "../expert/slotWords.ts";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { type Money, useFormats } from "../time/formats.ts";
import type { Part } from "../waiting/windows.ts";
import type { TimeOfDay } from "./directoryQuery.ts";
import { directoryWords } from "./words.ts";

const DAY_MS = 86_400_000;

/** Return functions that name the filters by rate, rating, day and time. */
export function useFilterNames(highest: Money | undefined) {
  const text = useWords(directoryWords);
  const { parts } = useWords(slotWords);
  const formats = useFormats();
  const today = useToday();
  return {
    rate: (amount: number) =>
      text.rateTo(highest ? formats.price({ ...highest, amount }) : formats.number(amount / 100)),
    rating: (least: number) => text.ratingFrom(formats.number(least, 1)),
    day(date: string) {
      if (date === today) return text.today;
      return date === dayAfter(today, 1) ? text.tomorrow : formats.day(date);
    },
    time: (time: TimeOfDay) =>
      time.endsWith(":00") ? formats.clock(Number.parseInt(time) * 60) : parts[time as Part],
  };
}

/** Return the present day in the reader's time zone. */
export function useToday(): string {
  return useFormats().dateOf(new Date(useNow(60_000)));
}

/** Return the day some days after another one. */
export function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}
