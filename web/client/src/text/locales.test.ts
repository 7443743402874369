import { expect, test } from "vitest";
import { localeOf } from "./locales";

test("a locale keeps the browser's region", () => {
  expect(localeOf("de", ["en-GB", "de-AT", "de"])).toBe("de-AT");
});

test("a language tag that no Intl formatter accepts is skipped", () => {
  expect(localeOf("en", ["en-US@posix", "en-GB"])).toBe("en-GB");
  expect(localeOf("en", ["en-US@posix"])).toBe("en");
});
