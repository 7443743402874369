/** Most stars of a review. */
export const MAX_STARS = 5;

/** Return a mean to show with one digit, never rounded up: 4.95 is 4.9. */
export function shownMean(mean: number): number {
  // The products of one-digit numbers may lie just below a whole number.
  return Math.floor(mean * 10 + 1e-9) / 10;
}

/** Return how much of each star is filled, in halves, never rounded up. */
export function starParts(rating: number): number[] {
  const halves = Math.floor(rating * 2 + 1e-9);
  return Array.from({ length: MAX_STARS }, (_, index) =>
    Math.min(1, Math.max(0, halves - index * 2) / 2),
  );
}
