import type { Language } from "../text/text.tsx";
import { cityOf, offsetOf, timeZones } from "./zones.ts";

/** A time zone to choose from. */
export interface ZoneChoice {
  readonly zone: string;
  readonly city: string;
  /** Region of the city, such as "America / Argentina"; empty for UTC. */
  readonly region: string;
  /** Offset from UTC, such as UTC+1. */
  readonly offset: string;
}

/** Return all time zones, sorted by the names of their cities. */
export function zoneChoices(chosen: string, language: Language, now: number): ZoneChoice[] {
  return timeZones(chosen)
    .map((zone) => ({
      zone,
      city: cityOf(zone, language),
      region: zone.split("/").slice(0, -1).join(" / ").replaceAll("_", " "),
      offset: offsetOf(zone, now),
    }))
    .sort((one, other) => one.city.localeCompare(other.city, language));
}

/**
 * Return the time zones for which each word of a search occurs in the city, the name or the offset.
 * Cities that begin with the first word come first.
 */
export function findZones(choices: readonly ZoneChoice[], search: string): ZoneChoice[] {
  const words = fold(search)
    .split(/[\s/,]+/)
    .filter(Boolean);
  const found = choices.filter(({ zone, city, offset }) => {
    const text = `${fold(city)} ${fold(zone.replaceAll("_", " "))} ${fold(offset)}`;
    return words.every((word) => text.includes(word));
  });
  const [first = ""] = words;
  const begins = ({ city }: ZoneChoice) => Number(!fold(city).startsWith(first));
  return found.sort((one, other) => begins(one) - begins(other));
}

function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("−", "-").toLowerCase();
}
