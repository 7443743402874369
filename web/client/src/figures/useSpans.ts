import { today } from "@internationalized/date";

import { useNow } from "../time/clock.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { usePeriod } from "./PeriodPicker.tsx";
import { spansOf } from "./periods.ts";

/** Return the variables of queries: the days of the period in the URL, and the days before. */
export function useSpans() {
  const { zone } = useTimePreferences();
  useNow(60_000); // the day may have ended
  const { span, before } = spansOf(usePeriod(), today(zone));
  return { ...span, earlierFrom: before.from, earlierTo: before.to };
}
