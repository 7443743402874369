import { slotWords } from "../expert/slotWords.ts";
import { useWords } from "../text/text.tsx";
import { addDays } from "../time/day.ts";
import { type Money, useFormats } from "../time/formats.ts";
import { useToday } from "../time/relativeMoment.ts";
import type { Part } from "../waiting/windows.ts";
import type { TimeOfDay } from "./directoryQuery.ts";
import { directoryWords } from "./words.ts";

/** Return functions that give the labels of the filters for rate, rating, day and time. */
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
      return date === addDays(today, 1) ? text.tomorrow : formats.day(date);
    },
    time: (time: TimeOfDay) =>
      time.endsWith(":00") ? formats.clock(Number.parseInt(time) * 60) : parts[time as Part],
  };
}
