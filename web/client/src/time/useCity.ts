import { useText } from "../text/text.tsx";
import { useTimePreferences } from "./preferences.ts";
import { cityOf } from "./zones.ts";

/** Return the name of the reader's time zone. */
export function useCity(): string {
  const { language } = useText();
  return cityOf(useTimePreferences().zone, language);
}
