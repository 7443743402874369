import { localStore } from "../app/storage.ts";

const STORAGE_KEY = "expertbook.phone-country";

/** Remember on this device the country of the phone numbers that are typed on it. */
export function rememberCountry(country: string): void {
  localStore.setItem(STORAGE_KEY, country);
}

/**
 * Return the likely country of phone numbers typed on this device: the country chosen last, or else
 * that of the device's time zone, or else that of its language.
 */
export function likelyCountry(countries: readonly string[]): string | undefined {
  const last = localStore.getItem(STORAGE_KEY);
  if (last && countries.includes(last)) return last;
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const spoken = navigator.languages
    .map((tag) => new Intl.Locale(tag).maximize().region)
    .filter((region): region is string => region !== undefined && countries.includes(region));
  // Try the countries of the device's languages first, because one of them is usually right, and
  // trying all others takes a moment.
  return [...spoken, ...countries].find((each) => zonesOf(each).includes(timeZone)) ?? spoken[0];
}

/** Return a country's time zones; empty if the browser does not know them. */
function zonesOf(country: string): readonly string[] {
  const locale: { getTimeZones?: () => string[] | undefined; timeZones?: string[] } =
    new Intl.Locale("und", { region: country });
  return locale.getTimeZones?.() ?? locale.timeZones ?? [];
}
