import { afterEach, expect, it, vi } from "vitest";

import { likelyCountry, rememberCountry } from "./country.ts";
import { countries, parse } from "./library.ts";
import { readPhone } from "./phones.ts";

afterEach(() => {
  localStorage.clear();
  vi.restoreAllMocks();
});

/** Set the device's time zone, and its languages in order of preference. */
function beIn(timeZone: string, ...languages: string[]): void {
  const resolved = { ...new Intl.DateTimeFormat().resolvedOptions(), timeZone };
  vi.spyOn(Intl.DateTimeFormat.prototype, "resolvedOptions").mockReturnValue(resolved);
  vi.spyOn(navigator, "languages", "get").mockReturnValue(languages);
}

it.each([
  ["030 901820", "DE", "+4930901820"],
  ["(020) 7946 0018", "GB", "+442079460018"],
  ["+44 20 7946 0018", "DE", "+442079460018"],
  ["0044 20 7946 0018", "DE", "+442079460018"],
  ["06 39 98 01 04", "FR", "+33639980104"],
  ["02 1234 5678", "IT", "+390212345678"],
  ["030 901820 ext. 12", "DE", "+4930901820 ext. 12"],
  ["٠٣٠ ٩٠١٨٢٠", "DE", "+4930901820"],
])("reads the number %s, typed for the country %s, as %s", async (text, country, number) => {
  expect(await readPhone(text, country)).toEqual({ number, problem: undefined });
});

it.each([
  ["", "missing"],
  ["030", "short"],
  ["030 9018201234567890", "long"],
  ["+999 123 4567", "invalid"],
  ["my phone", "invalid"],
])("finds %j %s", async (text, problem) => {
  expect(await readPhone(text, "DE")).toMatchObject({ problem });
});

it("a number without its country code can be parsed as a national number", () => {
  for (const number of ["+4930901820", "+442079460018", "+390212345678", "+78005553535"]) {
    const { country, local } = parse(number, undefined)!;
    expect(local).not.toContain("+");
    expect(parse(local, country)?.number).toBe(number);
  }
});

it("prefers the given country among those that share a country code", () => {
  expect(parse("+18005550199", "CA")?.country).toBe("CA");
  expect(parse("+18005550199", undefined)?.country).toBe("US");
});

it.each([
  ["Europe/Berlin", ["en-US"], "DE"],
  ["America/New_York", ["de"], "US"],
  ["Etc/UTC", ["en-GB", "de"], "GB"],
  ["Etc/UTC", ["de"], "DE"],
])("in zone %s with languages %j, assumes country %s", (zone, languages, country) => {
  beIn(zone, ...languages);
  expect(likelyCountry(countries())).toBe(country);
});

it("assumes that numbers are from the country that the user chose last", () => {
  beIn("Europe/Berlin", "de");
  rememberCountry("AT");
  expect(likelyCountry(countries())).toBe("AT");
  rememberCountry("XX");
  expect(likelyCountry(countries())).toBe("DE");
});
