const dates = new Map<string, Intl.DateTimeFormat>();
const numbers = new Map<string, Intl.NumberFormat>();

/** Return a cached date format, because creating a format is far slower than using it. */
export function dateFormat(
  locale: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  return cached(dates, locale, options, () => new Intl.DateTimeFormat(locale, options));
}

/** Return a cached number format. */
export function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return cached(numbers, locale, options, () => new Intl.NumberFormat(locale, options));
}

function cached<T>(cache: Map<string, T>, locale: string, options: object, create: () => T): T {
  const key = locale + JSON.stringify(options);
  const format = cache.get(key) ?? create();
  cache.set(key, format);
  return format;
}
