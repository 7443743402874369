/** Return the browser's locale for a language, with its region; the language if there is none. */
export function localeOf(language: string, tags = navigator.languages): string {
  return tags.find((tag) => baseLanguage(tag) === language && isLocale(tag)) ?? language;
}

export function baseLanguage(tag: string): string {
  return tag.split("-")[0] ?? tag;
}

/** Return whether formatters accept a tag; browsers may report tags such as `en-US@posix`. */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}
