/** Return the number of fraction digits of a currency, such as 2 for euros. */
function fractionDigits(currency: string): number {
  const style = { style: "currency", currency } as const;
  return new Intl.NumberFormat("en", style).resolvedOptions().maximumFractionDigits ?? 2;
}

/**
 * Format an amount in minor units for a text field, such as 72.50, with the locale's decimal sign.
 */
export function formatPriceField(amount: number, currency: string, locale: string): string {
  const digits = fractionDigits(currency);
  const value = amount / 10 ** digits;
  const minimumFractionDigits = Number.isInteger(value) ? 0 : digits;
  return new Intl.NumberFormat(locale, { useGrouping: false, minimumFractionDigits }).format(value);
}

/** Parse a typed price, with a point or comma, into minor units; undefined if it is invalid. */
export function parseAmount(typed: string, currency: string): number | undefined {
  const digits = fractionDigits(currency);
  const match = /^(\d{1,7})(?:[.,](\d+))?$/.exec(typed.trim());
  const fraction = match?.[2] ?? "";
  if (!match || fraction.length > digits) return undefined;
  return Number(match[1]) * 10 ** digits + Number(fraction.padEnd(digits, "0") || 0);
}
