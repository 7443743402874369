import { useText } from "../text/text.tsx";

/** Language codes, keyed by the English language names in experts' profiles. */
const CODES: Readonly<Record<string, string>> = {
  Afrikaans: "af",
  Albanian: "sq",
  Amharic: "am",
  Arabic: "ar",
  Armenian: "hy",
  Bengali: "bn",
  Bulgarian: "bg",
  Burmese: "my",
  Cantonese: "yue",
  Catalan: "ca",
  Croatian: "hr",
  Czech: "cs",
  Danish: "da",
  Dutch: "nl",
  English: "en",
  Estonian: "et",
  Finnish: "fi",
  French: "fr",
  German: "de",
  Greek: "el",
  Gujarati: "gu",
  Hebrew: "he",
  Hindi: "hi",
  Hungarian: "hu",
  Igbo: "ig",
  Indonesian: "id",
  Irish: "ga",
  Italian: "it",
  Japanese: "ja",
  Korean: "ko",
  Latvian: "lv",
  Lithuanian: "lt",
  Malay: "ms",
  Mandarin: "",
  Marathi: "mr",
  Nepali: "ne",
  Norwegian: "no",
  Persian: "fa",
  Polish: "pl",
  Portuguese: "pt",
  Punjabi: "pa",
  Romanian: "ro",
  Russian: "ru",
  Serbian: "sr",
  Slovak: "sk",
  Slovenian: "sl",
  Sotho: "st",
  Spanish: "es",
  Swahili: "sw",
  Swedish: "sv",
  Tamil: "ta",
  Telugu: "te",
  Thai: "th",
  Turkish: "tr",
  Ukrainian: "uk",
  Urdu: "ur",
  Vietnamese: "vi",
  Welsh: "cy",
  Yoruba: "yo",
  Zulu: "zu",
};

export const LANGUAGE_NAMES = Object.keys(CODES);

/**
 * Return a function that translates a language's English name, or returns an unknown name
 * unchanged.
 */
export function useLanguageName(): (english: string) => string {
  const { language } = useText();
  if (language === "en") return (english) => english;
  const names = new Intl.DisplayNames(language, { type: "language" });
  return (english) => (CODES[english] ? (names.of(CODES[english]) ?? english) : english);
}
