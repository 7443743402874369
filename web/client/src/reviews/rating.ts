/** Maximum number of stars in a review. */
export const MAX_STARS = 5;

/** Return a mean rating with one decimal digit, never rounded up: 4.95 becomes 4.9. */
export function shownMean(mean: number): number {
  // Floating-point products may lie just below the whole number that they stand for.
  return Math.floor(mean * 10 + 1e-9) / 10;
}

/** Return the filled fraction of each star (0, 0.5 or 1), without rounding the rating up. */
export function starParts(rating: number): number[] {
  const halves = Math.floor(rating * 2 + 1e-9);
  return Array.from({ length: MAX_STARS }, (_, index) =>
    Math.min(1, Math.max(0, halves - index * 2) / 2),
  );
}
