/**
 * Format an amount in minor units for a text field, such as 72.50, with the locale's decimal sign.
 */
export function formatPriceField(amount: number, decimals: number, locale: string): string {
  const value = amount / 10 ** decimals;
  const minimumFractionDigits = Number.isInteger(value) ? 0 : decimals;
  return new Intl.NumberFormat(locale, {
    useGrouping: false,
    minimumFractionDigits,
    maximumFractionDigits: decimals,
  }).format(value);
}

/** Parse a typed price, with a point or comma, into minor units; undefined if it is invalid. */
export function parseAmount(typed: string, decimals: number): number | undefined {
  const match = /^(\d{1,7})(?:[.,](\d+))?$/.exec(typed.trim());
  const fraction = match?.[2] ?? "";
  if (!match || fraction.length > decimals) return undefined;
  return Number(match[1]) * 10 ** decimals + Number(fraction.padEnd(decimals, "0") || 0);
}
