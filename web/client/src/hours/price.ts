/**
 * Format an amount in minor units as the text of a field, such as 72.50, with the locale's decimal
 * separator.
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

/**
 * Parse a typed price with a decimal point or comma into minor units; undefined if it is invalid.
 */
export function parseAmount(typed: string, decimals: number): number | undefined {
  const match = /^(\d{1,7})(?:[.,](\d+))?$/.exec(typed.trim());
  const fraction = match?.[2] ?? "";
  if (!match || fraction.length > decimals) return undefined;
  return Number(match[1]) * 10 ** decimals + Number(fraction.padEnd(decimals, "0") || 0);
}

/** Highest amount that GraphQL's type Int can represent. */
const MAX_AMOUNT = 2 ** 31 - 1;

/** Error messages for invalid prices. */
export interface PriceWords {
  readonly noPrice: string;
  readonly highPrice: string;
}

/** Return the error message for a parsed price; undefined if the price is valid. */
export function priceProblem(amount: number | undefined, words: PriceWords): string | undefined {
  if (amount === undefined) return words.noPrice;
  return amount > MAX_AMOUNT ? words.highPrice : undefined;
}
