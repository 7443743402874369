import type { Language } from "../text/text.tsx";
import { dateFormat } from "./intl.ts";

const FALLBACK = "UTC";

/** Present names of cities, keyed by former names that some browsers list, as in Asia/Calcutta. */
const RENAMED: Readonly<Record<string, string>> = {
  Asmera: "Asmara",
  Calcutta: "Kolkata",
  "Coral Harbour": "Atikokan",
  Enderbury: "Kanton",
  Faeroe: "Faroe",
  Godthab: "Nuuk",
  Katmandu: "Kathmandu",
  Kiev: "Kyiv",
  Ponape: "Pohnpei",
  Rangoon: "Yangon",
  Saigon: "Ho Chi Minh",
  Truk: "Chuuk",
};

/** German names of cities, keyed by the English names that time zones contain. */
const GERMAN: Readonly<Record<string, string>> = {
  Algiers: "Algier",
  Athens: "Athen",
  Azores: "Azoren",
  Baghdad: "Bagdad",
  Belgrade: "Belgrad",
  Brussels: "Brüssel",
  Bucharest: "Bukarest",
  Cairo: "Kairo",
  Canary: "Kanarische Inseln",
  Copenhagen: "Kopenhagen",
  Damascus: "Damaskus",
  Havana: "Havanna",
  "Hong Kong": "Hongkong",
  Kolkata: "Kalkutta",
  Kyiv: "Kiew",
  Lisbon: "Lissabon",
  Luxembourg: "Luxemburg",
  "Mexico City": "Mexiko-Stadt",
  Moscow: "Moskau",
  Prague: "Prag",
  Riyadh: "Riad",
  Rome: "Rom",
  Singapore: "Singapur",
  Tehran: "Teheran",
  Tokyo: "Tokio",
  Tripoli: "Tripolis",
  Vatican: "Vatikan",
  Vienna: "Wien",
  Warsaw: "Warschau",
  Yerevan: "Eriwan",
  Zurich: "Zürich",
};

/**
 * Return the device's time zone, or UTC if the browser does not know that time zone, as with
 * Etc/Unknown.
 */
export function deviceZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return isTimeZone(timeZone) ? timeZone : FALLBACK;
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Return the time zones known to the browser, with the selected one added if it is missing. */
export function timeZones(chosen: string): string[] {
  const known = new Set([FALLBACK, ...Intl.supportedValuesOf("timeZone"), chosen]);
  return [...known].sort();
}

/** Return the name of the city after which a time zone is named. */
export function cityOf(zone: string, language: Language): string {
  const name = zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");
  const city = RENAMED[name] ?? name;
  return (language === "de" && GERMAN[city]) || city;
}

/** Return the UTC offset of a time zone at an instant, such as UTC+1 or UTC−3:30. */
export function offsetOf(zone: string, at: number): string {
  const parts = dateFormat("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(at);
  const offset = parts.find(({ type }) => type === "timeZoneName")?.value.slice("GMT".length);
  return `UTC${(offset || "+0").replace("-", "−")}`;
}
