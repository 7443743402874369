import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";

const REMEMBERED = "expertbook.language";

/** The languages of the interface, by their own names. */
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;

export type Language = keyof typeof LANGUAGES;

/** The words of some pages in every language. */
export type Catalogue<T> = Record<Language, T>;

/** A catalogue: the other languages have the names and values of the English words, all of them. */
export function catalogue<const T extends Words>(
  words: { en: T } & Record<Exclude<Language, "en">, SameAs<T>>,
) {
  return words as unknown as Catalogue<SameAs<T>>;
}

type Words = { readonly [name: string]: string | ((...values: never[]) => string) | Words };
type SameAs<T> = T extends string
  ? string
  : T extends (...values: infer V) => string
    ? (...values: V) => string
    : { readonly [K in keyof T]: SameAs<T[K]> };

interface Text {
  readonly language: Language;
  /** The language with its region, as the browser has it: for dates, numbers and prices. */
  readonly locale: string;
  choose(language: Language): void;
}

const TextContext = createContext<Text | null>(null);

/** In which language the interface is. */
export function useText(): Text {
  const text = use(TextContext);
  if (!text) throw new Error("outside a TextProvider");
  return text;
}

/** The words of a catalogue in that language. */
export function useWords<T>(words: Catalogue<T>): T {
  return words[useText().language];
}

/** Lets the interface's language be chosen; it is remembered on this device. */
export function TextProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(preferred);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const text = useMemo(
    () => ({
      language,
      locale: navigator.languages.find((tag) => baseOf(tag) === language) ?? language,
      choose(chosen: Language) {
        localStorage.setItem(REMEMBERED, chosen);
        setLanguage(chosen);
      },
    }),
    [language],
  );
  return <TextContext value={text}>{children}</TextContext>;
}

/** The language that was chosen here, else the first of the browser's that there is. */
function preferred(): Language {
  const wanted = [localStorage.getItem(REMEMBERED) ?? "", ...navigator.languages].map(baseOf);
  return wanted.find((tag): tag is Language => tag in LANGUAGES) ?? "en";
}

function baseOf(tag: string): string {
  return tag.split("-")[0] ?? tag;
}
