/** The part of libphonenumber that the client uses; imported only by `phones.ts`, on demand. */

import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
  validatePhoneNumberLength,
} from "libphonenumber-js/min";

/** A phone number that can be dialled. */
export interface DialledNumber {
  /** The number in E.164 format, followed by an extension, if any, such as " ext. 12". */
  readonly number: string;
  readonly country: string | undefined;
  /** Calling code of the country, such as "+49". */
  readonly code: string;
  /** The part of the number after the calling code. */
  readonly local: string;
}

/** Return the ISO 3166 codes of all countries whose phone numbers the library knows. */
export function countries(): readonly string[] {
  return getCountries();
}

/** Return the calling code of a country, such as "+49"; undefined if the country is unknown. */
export function callingCode(country: string): string | undefined {
  return isSupportedCountry(country) ? `+${getCountryCallingCode(country)}` : undefined;
}

/**
 * Parse a typed phone number; return undefined if it cannot be dialled.
 *
 * @param country the country to assume for a number without a country code.
 */
export function parse(text: string, country: string | undefined): DialledNumber | undefined {
  const found = parsePhoneNumberFromString(text.trim(), optionsFor(country));
  if (!found?.isPossible()) return undefined;
  const { number, ext } = found;
  const code = `+${found.countryCallingCode}`;
  return {
    number: ext ? `${number} ext. ${ext}` : number,
    // Countries can share a calling code: keep the given country if its calling code matches, or
    // else use the library's guess.
    country: country && callingCode(country) === code ? country : found.country,
    code,
    local: found.formatInternational().slice(`${code} `.length),
  };
}

/** Return whether a phone number is too short or too long; undefined if its length is valid. */
export function lengthProblem(
  text: string,
  country: string | undefined,
): "short" | "long" | undefined {
  const problem = validatePhoneNumberLength(text.trim(), optionsFor(country));
  return problem === "TOO_SHORT" ? "short" : problem === "TOO_LONG" ? "long" : undefined;
}

function optionsFor(country: string | undefined) {
  const defaultCountry =
    country && isSupportedCountry(country) ? (country satisfies CountryCode) : undefined;
  return { extract: false, ...(defaultCountry && { defaultCountry }) };
}
