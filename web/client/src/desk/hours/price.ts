/** How many digits the minor unit of a currency has, such as 2 for cents. */
function digitsOf(currency: string): number {
  const style = { style: "currency", currency } as const;
  return new Intl.NumberFormat("en", style).resolvedOptions().maximumFractionDigits ?? 2;
}

/** An amount as it is typed, such as 72.50; the decimal sign is the locale's. */
export function priceInField(amount: number, currency: string, locale: string): string {
  const digits = digitsOf(currency);
  const value = amount / 10 ** digits;
  const minimumFractionDigits = Number.isInteger(value) ? 0 : digits;
  return new Intl.NumberFormat(locale, { useGrouping: false, minimumFractionDigits }).format(value);
}

/** The minor units of what was typed, with a point or a comma; undefined: that is no price. */
export function amountFrom(typed: string, currency: string): number | undefined {
  const digits = digitsOf(currency);
  const match = /^(\d{1,7})(?:[.,](\d+))?$/.exec(typed.trim());
  const fraction = match?.[2] ?? "";
  if (!match || fraction.length > digits) return undefined;
  return Number(match[1]) * 10 ** digits + Number(fraction.padEnd(digits, "0") || 0);
}
