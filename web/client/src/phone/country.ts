import { localStore } from "../app/storage.ts";

const STORAGE_KEY = "expertbook.phone-country";

/** Remember on this device the country whose numbers are typed here. */
export function rememberCountry(country: string): void {
  localStore.setItem(STORAGE_KEY, country);
}

/**
 * Return the country whose numbers are probably typed here: the last chosen, or else the country of
 * the device's time zone, or else of its language.
 */
export function likelyCountry(countries: readonly string[]): string | undefined {
  const last = localStore.getItem(STORAGE_KEY);
  if (last && countries.includes(last)) return last;
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const spoken = navigator.languages
    .map((tag) => new Intl.Locale(tag).maximize().region)
    .filter((region): region is string => region !== undefined && countries.includes(region));
  // Countries of the languages first: they are usually right, and trying all others takes a moment.
  return [...spoken, ...countries].find((each) => zonesOf(each).includes(timeZone)) ?? spoken[0];
}

/** Return a country's time zones, or none where the browser does not know them. */
function zonesOf(country: string): readonly string[] {
  const locale: { getTimeZones?: () => string[] | undefined; timeZones?: string[] } =
    new Intl.Locale("und", { region: country });
  return locale.getTimeZones?.() ?? locale.timeZones ?? [];
}
