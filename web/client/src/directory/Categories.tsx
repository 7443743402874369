import type { Category } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { CATEGORIES } from "./directoryQuery.ts";
import { directoryWords } from "./words.ts";

/** Number of listed experts by category. */
export type Counts = ReadonlyMap<Category, number>;

/** Classes of a category's button or link. */
export const pillClass =
  "group inline-flex h-9 pointer-coarse:h-11 shrink-0 items-center gap-1.5 rounded-full border border-line bg-panel px-3 text-sm text-text no-underline transition-colors hover:border-accent aria-pressed:border-accent aria-pressed:bg-soft aria-pressed:font-medium";

/** Number beside a category; its space is reserved until it is known. */
export function Count({ count }: { count: number | undefined }) {
  const formats = useFormats();
  return (
    <span className="min-w-4 text-xs text-muted tabular-nums group-aria-pressed:text-text">
      {count === undefined ? "" : formats.number(count)}
    </span>
  );
}

interface CategoriesProps {
  counts: Counts | undefined;
  chosen: readonly Category[];
  onChoose: (categories: readonly Category[]) => void;
}

/** Category filter; several can be selected. */
export function Categories({ counts, chosen, onChoose }: CategoriesProps) {
  const text = useWords(directoryWords);
  const all = counts && [...counts.values()].reduce((sum, count) => sum + count, 0);
  return (
    <div
      role="group"
      aria-label={text.category}
      className="-mx-4 -my-1 flex gap-1.5 overflow-x-auto px-4 py-1 [scrollbar-width:none] md:mx-0 md:flex-wrap md:px-0"
    >
      <button
        type="button"
        aria-pressed={chosen.length === 0}
        onClick={() => onChoose([])}
        className={pillClass}
      >
        {text.all} <Count count={all} />
      </button>
      {CATEGORIES.map((category) => {
        const isChosen = chosen.includes(category);
        return (
          <button
            key={category}
            type="button"
            aria-pressed={isChosen}
            onClick={() =>
              onChoose(
                isChosen ? chosen.filter((other) => other !== category) : [...chosen, category],
              )
            }
            className={pillClass}
          >
            {text.categories[category]} <Count count={counts?.get(category)} />
          </button>
        );
      })}
    </div>
  );
}
