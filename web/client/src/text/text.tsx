import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";

import { localStore } from "../app/storage.ts";
import { baseLanguage, localeOf } from "./locales.ts";

const STORAGE_KEY = "expertbook.language";

/** Languages of the user interface, each with its name in that language. */
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;

export type Language = keyof typeof LANGUAGES;

/** Texts for one area of the client, keyed by language. */
export type Catalogue<T> = Record<Language, T>;

/** Return a catalogue. Its type ensures that each language has the same keys as English. */
export function catalogue<const T extends Words>(
  words: { en: T } & Record<Exclude<Language, "en">, SameAs<T>>,
) {
  return words as unknown as Catalogue<SameAs<T>>;
}

interface Words {
  readonly [name: string]: string | ((...values: never[]) => string) | Words;
}
type SameAs<T> = T extends string
  ? string
  : T extends (...values: infer V) => string
    ? (...values: V) => string
    : { readonly [K in keyof T]: SameAs<T[K]> };

interface Text {
  readonly language: Language;
  /** Locale for formatting dates, numbers and prices: the language with the browser's region. */
  readonly locale: string;
  choose: (language: Language) => void;
}

const TextContext = createContext<Text | null>(null);

/** Return the interface language, and a function to change it. */
export function useText(): Text {
  const text = use(TextContext);
  if (!text) throw new Error("outside a TextProvider");
  return text;
}

/** Return a catalogue's texts in the interface language. */
export function useWords<T>(words: Catalogue<T>): T {
  return words[useText().language];
}

/** Provides the interface language; the user's choice is stored on this device. */
export function TextProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(preferredLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const text = useMemo(
    () => ({
      language,
      locale: localeOf(language),
      choose(chosen: Language) {
        localStore.setItem(STORAGE_KEY, chosen);
        setLanguage(chosen);
      },
    }),
    [language],
  );
  return <TextContext value={text}>{children}</TextContext>;
}

/**
 * Return the language stored on this device, or else the first supported language of the browser.
 */
function preferredLanguage(): Language {
  const preferredTags = [localStore.getItem(STORAGE_KEY) ?? "", ...navigator.languages].map(
    baseLanguage,
  );
  return preferredTags.find((tag): tag is Language => tag in LANGUAGES) ?? "en";
}
