import { expect, test } from "vitest";

import { excerptOf } from "./excerpt.ts";

const BIO =
  "I have been a coach for 16 years, in Zürich. Much of my week goes into back pain at a desk. " +
  "We begin with what you have tried already. I keep notes.";

function marked(search: string, bio = BIO): string {
  return excerptOf(bio, search)
    .map(({ text, isMatch }) => (isMatch ? `[${text}]` : text))
    .join("");
}

test("the excerpt begins with the sentence that has the most words of the search", () => {
  expect(marked("Back PAIN")).toBe(
    "Much of my week goes into [back pain] at a desk. We begin with what you have tried already. I keep notes.",
  );
  expect(marked("coaches zurich")).toMatch(
    /^I have been a \[coach\] for 16 years, in \[Zürich\]\./,
  );
  expect(marked("note")).toBe("I keep [notes].");
});

test("if a match is far into a sentence, the excerpt begins a few words before the match", () => {
  const bio = "Most people come to me about choosing a warehouse or about the pipelines in Python.";
  expect(marked("python", bio)).toBe("… about the pipelines in [Python].");
});

test("if no word matches, the excerpt is the beginning of the biography", () => {
  expect(marked("divorce")).toMatch(/^I have been a coach/);
  expect(marked("")).toMatch(/^I have been a coach/);
  expect(marked("divorce", "")).toBe("");
});

test("a word ends at a character that is not a letter", () => {
  expect(marked("tax", "Tax-free. VAT!")).toBe("[Tax]-free. VAT!");
  expect(marked("i", "I do.")).toBe("[I] do.");
  expect(marked("in", "Inner life.")).toBe("Inner life.");
});
