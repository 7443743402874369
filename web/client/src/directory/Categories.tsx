import type { Category } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { categoryWords } from "./categoryWords.ts";
import { CATEGORIES } from "./directoryQuery.ts";
import { pillClass } from "./Pill.tsx";
import { directoryWords } from "./words.ts";

/** Number of listed experts in each category. */
export type Counts = ReadonlyMap<Category, number>;

interface CategoriesProps {
  counts: Counts | undefined;
  chosen: readonly Category[];
  /** Whether the counts are those of a search; if so, categories are sorted by their counts. */
  isSearch: boolean;
  onChoose: (categories: readonly Category[]) => void;
}

/** Filter by category; several categories can be chosen. */
export function Categories({ counts, chosen, isSearch, onChoose }: CategoriesProps) {
  const text = useWords(directoryWords);
  const names = useWords(categoryWords);
  const all = counts && [...counts.values()].reduce((sum, count) => sum + count, 0);
  const shown =
    isSearch && counts
      ? CATEGORIES.filter((each) => (counts.get(each) ?? 0) > 0 || chosen.includes(each)).sort(
          (one, other) => (counts.get(other) ?? 0) - (counts.get(one) ?? 0),
        )
      : CATEGORIES;
  function toggle(category: Category): void {
    const without = chosen.filter((other) => other !== category);
    onChoose(without.length < chosen.length ? without : [...chosen, category]);
  }
  return (
    <div
      role="group"
      aria-label={text.category}
      className="-mx-(--gutter) flex gap-2 overflow-x-auto px-(--gutter) py-1 [scrollbar-width:none] md:mx-0 md:flex-wrap md:px-0"
    >
      <CategoryPill
        name={text.all}
        count={all}
        isChosen={chosen.length === 0}
        onChoose={() => onChoose([])}
      />
      {shown.map((category) => (
        <CategoryPill
          key={category}
          name={names[category]}
          count={counts?.get(category)}
          isChosen={chosen.includes(category)}
          onChoose={() => toggle(category)}
        />
      ))}
    </div>
  );
}

interface CategoryPillProps {
  name: string;
  count: number | undefined;
  isChosen: boolean;
  onChoose: () => void;
}

function CategoryPill({ name, count, isChosen, onChoose }: CategoryPillProps) {
  const formats = useFormats();
  return (
    <button type="button" aria-pressed={isChosen} onClick={onChoose} className={pillClass}>
      {name} {/* Reserve the space of the count until it is known. */}
      <span className="min-w-4 text-muted tabular-nums group-aria-pressed:text-text">
        {count === undefined ? "" : formats.number(count)}
      </span>
    </button>
  );
}
