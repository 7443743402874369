import { useText } from "../text/text.tsx";
import { useNow } from "./clock.ts";
import { useFormats } from "./formats.ts";

const DAY_MS = 86_400_000;

interface RelativeFormats {
  /** Format the day of an instant relative to today: "In 5 days". */
  day: (instant: string) => string;
  /**
   * Format the day of an instant: relative to today if it is tomorrow or earlier, or else such as
   * "Tue 1".
   */
  shortDay: (instant: string) => string;
  /**
   * Format the day and the time of an instant; a day up to tomorrow is named relative to today.
   */
  moment: (instant: string) => string;
}

/** Return the current date in the reader's time zone, such as 2026-11-21. */
export function useToday(): string {
  return useFormats().dateOf(new Date(useNow(60_000)));
}

/** Return functions that format instants relative to today. */
export function useRelativeFormats(): RelativeFormats {
  const { locale } = useText();
  const formats = useFormats();
  const today = Date.parse(useToday());
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

  function daysUntil(instant: string): number {
    return Math.round((Date.parse(formats.dateOf(instant)) - today) / DAY_MS);
  }

  function capitalized(name: string): string {
    return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
  }

  return {
    day: (instant) => capitalized(relative.format(daysUntil(instant), "day")),
    shortDay(instant) {
      const days = daysUntil(instant);
      return days <= 1
        ? capitalized(relative.format(days, "day"))
        : formats.shortDay(formats.dateOf(instant));
    },
    moment(instant) {
      const days = daysUntil(instant);
      const day = days <= 1 ? relative.format(days, "day") : formats.day(formats.dateOf(instant));
      return `${capitalized(day)}, ${formats.time(instant)}`;
    },
  };
}
