import { today } from "@internationalized/date";

import { useNow } from "../time/clock.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { usePeriod } from "./PeriodPicker.tsx";
import { spansOf } from "./periods.ts";

/**
 * Return the query variables for the figures: the first and last day of the period in the URL, and
 * the first and last day of the equally long period before that.
 */
export function useSpans() {
  const { zone } = useTimePreferences();
  useNow(60_000); // the day may have ended
  const { span, before } = spansOf(usePeriod(), today(zone));
  return { ...span, earlierFrom: before.from, earlierTo: before.to };
}
