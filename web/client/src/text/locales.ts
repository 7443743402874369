/**
 * Return the browser's locale for a language, including the region; the language itself if the
 * browser has no such locale.
 */
export function localeOf(language: string, tags = navigator.languages): string {
  return tags.find((tag) => baseLanguage(tag) === language && isLocale(tag)) ?? language;
}

export function baseLanguage(tag: string): string {
  return tag.split("-")[0] ?? tag;
}

/**
 * Return whether formatters accept a language tag. Browsers may report invalid tags, such as
 * `en-US@posix`.
 */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}
