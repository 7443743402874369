import { useText } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";

const DAY_MS = 86_400_000;

/** Return a function that formats an instant relative to today: "Tomorrow, 9:30". */
export function useRelativeMoment(): (instant: string) => string {
  const { locale } = useText();
  const { time, day, dateOf } = useFormats();
  const today = Date.parse(dateOf(new Date(useNow(60_000))));
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return (instant) => {
    const date = dateOf(instant);
    const days = Math.round((Date.parse(date) - today) / DAY_MS);
    const name = days <= 1 ? relative.format(days, "day") : day(date);
    return `${name.charAt(0).toLocaleUpperCase(locale)}${name.slice(1)}, ${time(instant)}`;
  };
}
