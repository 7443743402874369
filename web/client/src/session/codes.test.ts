import { expect, it } from "vitest";

import { codeDigits } from "./codes.ts";

it.each([
  ["407 123", "407123"],
  ["407-123", "407123"],
  [" 4 0 7 1 2 3\n", "407123"],
  ["4071234", "407123"],
  ["code: 40", "40"],
  ["", ""],
])("reads the digits of %j", (typed, digits) => {
  expect(codeDigits(typed)).toBe(digits);
});
