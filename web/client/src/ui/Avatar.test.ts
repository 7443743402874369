import { expect, test } from "vitest";

import { initialsOf } from "./Avatar.tsx";

test("initials are the first letters of the first and the last word", () => {
  expect(initialsOf("Ada King Lovelace")).toBe("AL");
  expect(initialsOf("zoë")).toBe("Z");
  expect(initialsOf("Łukasz Wójcik")).toBe("ŁW");
  expect(initialsOf("Anne-Marie O’Neil (guest)")).toBe("AO");
  expect(initialsOf("李小明")).toBe("李");
  expect(initialsOf("42")).toBe("");
});
