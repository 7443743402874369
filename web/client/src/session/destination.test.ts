import { expect, test } from "vitest";

import { safeDestination } from "./destination.ts";

test.each([
  "/",
  "/bookings",
  "/experts/ada?minutes=60&day=2026-11-23#times",
  "/experts?search=a//b",
])("goes back to %s", (to) => expect(safeDestination(to, "/usual")).toBe(to));

test.each([
  null,
  "",
  "bookings",
  "//evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "/.//evil.example",
  "/..//evil.example",
  "/a/..//evil.example",
  "/.\\/evil.example",
  " //evil.example",
  "///evil.example",
  "https://evil.example/",
  "https:/evil.example",
  "javascript:alert(1)",
  "data:text/html,hello",
  "//",
  "/sign-in",
  "/register?to=%2Fsign-in",
])("does not go to %j", (to) => expect(safeDestination(to, "/usual")).toBe("/usual"));
