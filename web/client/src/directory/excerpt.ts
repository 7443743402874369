const MAX_LENGTH = 180;
/** Maximum number of characters before the first match; a longer beginning is cut. */
const MAX_LEAD = 60;
const SHORT_LEAD = 24;
/** Maximum number of letters that an inflection may add to a word's base form. */
const MAX_ENDING = 2;
const MIN_STEM = 3;
const WORD = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu;

/**
 * A piece of an excerpt: either words that match the search (`isMatch`) or the text between
 * matches.
 */
export interface Part {
  readonly text: string;
  readonly isMatch: boolean;
}

/**
 * Return the sentence of a biography that matches the most search words, and as many of the next
 * sentences as fit.
 *
 * Unlike the server's search, this does not match mistyped words.
 */
export function excerptOf(bio: string, search: string): Part[] {
  const wanted = wordsOf(search);
  const sentences = bio.match(/[^.!?]+(?:[.!?]+\s*|$)/g) ?? [bio];
  const hits = sentences.map((sentence) => countHits(sentence, wanted));
  const best = hits.indexOf(Math.max(...hits));
  let shown = sentences[best] ?? "";
  for (const sentence of sentences.slice(best + 1)) {
    if (shown.length + sentence.length > MAX_LENGTH) break;
    shown += sentence;
  }
  return withShortLead(partsOf(shown.trim(), wanted));
}

/** Shorten a long beginning of an excerpt, so that the first match is in the first two lines. */
function withShortLead(parts: readonly Part[]): Part[] {
  const [first, ...others] = parts;
  if (!first || first.isMatch || !others.length || first.text.length <= MAX_LEAD) return [...parts];
  const kept = first.text.slice(first.text.lastIndexOf(" ", first.text.length - SHORT_LEAD) + 1);
  return [{ text: `… ${kept}`, isMatch: false }, ...others];
}

function partsOf(text: string, wanted: readonly string[]): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (!isFound(word, wanted)) continue;
    const between = text.slice(end, index);
    // Join matching words that are separated only by spaces into one part of the excerpt.
    if (between.trim() || parts.length === 0) parts.push({ text: between, isMatch: false });
    const last = parts.at(-1);
    if (last?.isMatch)
      parts[parts.length - 1] = { text: last.text + between + word, isMatch: true };
    else parts.push({ text: word, isMatch: true });
    end = index + word.length;
  }
  parts.push({ text: text.slice(end), isMatch: false });
  return parts.filter((part) => part.text);
}

function countHits(text: string, wanted: readonly string[]): number {
  const found = wordsOf(text);
  return wanted.filter((word) => found.some((each) => matches(each, word))).length;
}

function isFound(word: string, wanted: readonly string[]): boolean {
  const folded = fold(word);
  return wanted.some((each) => matches(folded, each));
}

function matches(word: string, wanted: string): boolean {
  if (wanted.length < MIN_STEM) return word === wanted;
  const isInflected = word.length >= MIN_STEM && wanted.length - word.length <= MAX_ENDING;
  return word.startsWith(wanted) || (isInflected && wanted.startsWith(word));
}

function wordsOf(text: string): string[] {
  return Array.from(fold(text).matchAll(WORD), ([word]) => word);
}

/** Return a text in lower case and without accents. */
function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
