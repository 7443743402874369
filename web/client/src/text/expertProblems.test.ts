import { expect, test } from "vitest";

import { germanProblem } from "./expertProblems.ts";

test("the server's messages are translated into German, with the numbers that they contain", () => {
  expect(germanProblem("A break is a multiple of 15 minutes from 0 to 240")).toBe(
    "Ein Vielfaches von 15 Minuten zwischen 0 und 240.",
  );
  expect(germanProblem("Days must lie between 1 and 372")).toBe("Eine Zahl zwischen 1 und 372.");
  expect(germanProblem("Title is required")).toBe("Die Bezeichnung fehlt.");
  expect(germanProblem("Title must not have a link or a web address")).toBe(
    "Die Bezeichnung darf keine Internetadresse enthalten.",
  );
  expect(germanProblem("This day is named twice")).toBe("Dieser Tag ist doppelt angegeben.");
});

test("an unknown message is left untranslated", () => {
  expect(germanProblem("Something new")).toBe("Something new");
});
