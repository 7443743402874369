import { expect, test } from "vitest";

import { findZones, zoneChoices } from "./zoneSearch.ts";

const WINTER = Date.parse("2026-12-01T00:00Z");

function found(search: string, language: "en" | "de" = "en") {
  return findZones(zoneChoices("UTC", language, WINTER), search).map(({ zone }) => zone);
}

test("time zones are found by city, in English and German, with or without accents", () => {
  expect(found("paris")).toEqual(["Europe/Paris"]);
  expect(found("sao paulo")).toEqual(["America/Sao_Paulo"]);
  expect(found("zürich", "de")).toEqual(["Europe/Zurich"]);
  expect(found("zurich", "de")).toEqual(["Europe/Zurich"]);
  expect(found("Wien", "de")).toEqual(["Europe/Vienna"]);
  expect(found("nowhere")).toEqual([]);
});

test("time zones are found by region and by UTC offset", () => {
  expect(found("america/argentina ush")).toEqual(["America/Argentina/Ushuaia"]);
  expect(found("utc+3:30")).toContain("Asia/Tehran");
  expect(found("utc-3:30")).toEqual(["America/St_Johns"]);
});

test("cities that begin with the searched text come first", () => {
  expect(found("mo")[0]).toBe("Africa/Mogadishu");
  expect(found("")).toHaveLength(zoneChoices("UTC", "en", WINTER).length);
});

test("each choice has its region and its offset from UTC", () => {
  const choices = zoneChoices("Europe/Berlin", "de", WINTER);
  expect(choices.find(({ zone }) => zone === "America/Argentina/Ushuaia")).toEqual({
    ...{ zone: "America/Argentina/Ushuaia", city: "Ushuaia" },
    ...{ region: "America / Argentina", offset: "UTC−3" },
  });
  expect(choices.find(({ zone }) => zone === "UTC")).toMatchObject({ region: "", offset: "UTC+0" });
});
