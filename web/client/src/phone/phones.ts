import { useEffect, useState } from "react";

import { likelyCountry } from "./country.ts";

type Library = typeof import("./library.ts");

/** A typed phone number in a form that can be dialled, or the reason why it cannot be dialled. */
export interface ReadPhone {
  readonly number: string;
  readonly problem: "missing" | "invalid" | "short" | "long" | undefined;
}

const FEWEST_DIGITS = 5;

let library: Library | undefined;
let loading: Promise<Library | undefined> | undefined;

/** Load the phone number library; resolve to undefined if that fails, for example while offline. */
export function loadPhones(): Promise<Library | undefined> {
  loading ??= import("./library.ts").then(
    (loaded) => (library = loaded),
    () => (loading = undefined),
  );
  return loading;
}

/** Return the phone number library; undefined until it has loaded. */
export function usePhones(): Library | undefined {
  const [loaded, setLoaded] = useState(library);
  useEffect(() => {
    let isShown = true;
    void loadPhones().then((found) => {
      if (isShown) setLoaded(found);
    });
    return () => {
      isShown = false;
    };
  }, []);
  return loaded;
}

/**
 * Convert a typed phone number to E.164 format.
 *
 * @param country the country to assume for a number without a country code; by default the likely
 *   country.
 *
 * Without the library, return the text itself, which the server checks without knowing the country.
 */
export async function readPhone(text: string, country: string | undefined): Promise<ReadPhone> {
  if (!text.trim()) return { number: "", problem: "missing" };
  const phones = await loadPhones();
  if (!phones) {
    const isShort = text.replace(/\D/g, "").length < FEWEST_DIGITS;
    return { number: text, problem: isShort ? "invalid" : undefined };
  }
  const assumed = country ?? likelyCountry(phones.countries());
  const found = phones.parse(text, assumed);
  if (found) return { number: found.number, problem: undefined };
  return { number: text, problem: phones.lengthProblem(text, assumed) ?? "invalid" };
}
