import { expect, test } from "vitest";

import { shownMean, starParts } from "./rating.ts";

test("a mean rating is never rounded up", () => {
  expect(shownMean(4.95)).toBe(4.9);
  expect(shownMean(4.999)).toBe(4.9);
  expect(shownMean(5)).toBe(5);
});

test("a mean rating with one decimal digit is shown unchanged", () => {
  const means = Array.from({ length: 41 }, (_, tenths) => 1 + tenths / 10);
  expect(means.map(shownMean)).toEqual(means.map((mean) => Number(mean.toFixed(1))));
});

test("stars are filled in halves, never rounded up", () => {
  expect(starParts(4.9)).toEqual([1, 1, 1, 1, 0.5]);
  expect(starParts(4.4)).toEqual([1, 1, 1, 1, 0]);
  expect(starParts(1)).toEqual([1, 0, 0, 0, 0]);
  expect(starParts(5)).toEqual([1, 1, 1, 1, 1]);
});
