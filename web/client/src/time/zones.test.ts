import { afterEach, expect, test, vi } from "vitest";

import { cityOf, deviceZone, offsetOf, timeZones } from "./zones.ts";

afterEach(() => vi.restoreAllMocks());

test("a zone is named after its city", () => {
  expect(cityOf("America/Argentina/Buenos_Aires", "en")).toBe("Buenos Aires");
  expect(cityOf("Europe/Vienna", "en")).toBe("Vienna");
  expect(cityOf("Europe/Vienna", "de")).toBe("Wien");
  expect(cityOf("UTC", "de")).toBe("UTC");
});

test("a UTC offset is the one that applies at the given instant", () => {
  expect(offsetOf("Europe/Paris", Date.parse("2026-12-01T12:00Z"))).toBe("UTC+1");
  expect(offsetOf("Europe/Paris", Date.parse("2026-07-01T12:00Z"))).toBe("UTC+2");
  expect(offsetOf("America/St_Johns", Date.parse("2026-12-01T12:00Z"))).toBe("UTC−3:30");
  expect(offsetOf("UTC", 0)).toBe("UTC+0");
});

test("the device's time zone is replaced by UTC if the browser does not know it", () => {
  const options = Intl.DateTimeFormat().resolvedOptions();
  vi.spyOn(Intl.DateTimeFormat.prototype, "resolvedOptions").mockReturnValue({
    ...options,
    timeZone: "Etc/Nowhere",
  });
  expect(deviceZone()).toBe("UTC");
  expect(timeZones("Europe/Paris")).toContain("UTC");
});
