/** A circle with a person's initials, shown beside the name because clients have no pictures. */
export function Avatar({ name }: { name: string }) {
  return (
    <span
      aria-hidden
      className="grid size-10 shrink-0 place-items-center rounded-full bg-soft text-sm font-semibold text-accent"
    >
      {initialsOf(name)}
    </span>
  );
}

/** Return the first letters of the first and the last word of a name. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s-]+/).filter((word) => /^\p{L}/u.test(word));
  const [first] = words;
  const last = words.length > 1 ? words.at(-1) : undefined;
  return [first, last].map((word) => (word ? firstLetter(word).toLocaleUpperCase() : "")).join("");
}

function firstLetter(word: string): string {
  const [letter] = new Intl.Segmenter().segment(word);
  return letter?.segment ?? "";
}
