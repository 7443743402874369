import { useText } from "../text/text.tsx";
import { useTimePreferences } from "./preferences.ts";
import { cityOf } from "./zones.ts";

/** Return the city after which the reader's time zone is named. */
export function useCity(): string {
  const { language } = useText();
  return cityOf(useTimePreferences().zone, language);
}
