import { useEffect, useId, useMemo, useRef } from "react";
import { NavigationType, useNavigationType, useSearchParams } from "react-router";

import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { useCity } from "../time/useCity.ts";
import { Icon } from "../ui/Icon.tsx";
import { LiveBadge } from "../ui/LiveBadge.tsx";
import { useTitle } from "../ui/title.ts";
import { Categories } from "./Categories.tsx";
import { Filters } from "./Filters.tsx";
import { Results } from "./Results.tsx";
import { SearchBox } from "./SearchBox.tsx";
import { useExperts, useHighestRate } from "./useExperts.ts";
import { useDebouncedText } from "./useDebouncedText.ts";
import {
  DEFAULT_QUERY,
  toSearchParams,
  type DirectoryQuery,
  type Order,
  ORDERS,
  parseQuery,
} from "./directoryQuery.ts";
import { directoryWords } from "./words.ts";

/** Page `/experts`, the directory of experts; its filters, sort order and cursor are in the URL. */
export default function DirectoryPage() {
  const text = useWords(directoryWords);
  const formats = useFormats();
  const city = useCity();
  const [parameters, setParameters] = useSearchParams();
  const query = useMemo(() => parseQuery(parameters), [parameters]);
  const experts = useExperts(query);
  const highest = useHighestRate();
  const field = useRef<HTMLInputElement>(null);
  const results = useRef<HTMLElement>(null);
  const ids = useId();
  useTitle(text.title);
  useScrollToNewPage(query, results);

  const typed = useDebouncedText(query.search, (search) => show({ search }, true));
  // After a change of the filters, show the first page of the new results.
  function show(changed: Partial<DirectoryQuery>, isTyping = false): void {
    setParameters(toSearchParams({ ...query, after: null, before: null, ...changed }), {
      replace: isTyping,
    });
  }
  function choose(changed: Partial<DirectoryQuery>): void {
    show({ search: typed.flush(), ...changed });
  }
  function search(text: string): void {
    typed.flush();
    show({ search: text }, true);
    field.current?.focus();
  }

  const total = experts.page?.totalCount;
  const isSearchRefused = experts.refused === "search";
  return (
    <div className="grid grid-cols-1 gap-6 pt-4 pb-8 md:pt-8">
      <h1 className="text-2xl">{text.question}</h1>
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          show({ search: typed.flush() }, true);
        }}
      >
        <SearchBox
          ref={field}
          value={typed.text}
          onChange={(event) => typed.setText(event.target.value)}
          onClear={typed.text ? () => search("") : undefined}
          aria-invalid={isSearchRefused || undefined}
          aria-describedby={isSearchRefused ? `${ids}-refused` : undefined}
        />
      </form>
      <Categories
        counts={experts.counts}
        chosen={query.categories}
        isSearch={Boolean(query.search.trim())}
        onChoose={(categories) => choose({ categories })}
      />
      <div className="grid grid-cols-1 gap-5 border-t border-line pt-5">
        <Filters query={query} highest={highest} onChange={choose} />
        <section
          ref={results}
          tabIndex={-1}
          aria-labelledby={`${ids}-results`}
          aria-busy={experts.isStale}
          className="grid scroll-mt-4 grid-cols-1 gap-4 outline-none"
        >
          <h2 id={`${ids}-results`} className="sr-only">
            {text.title}
          </h2>
          <div className="flex min-h-10 flex-wrap items-center justify-between gap-x-6 gap-y-1">
            <p className="text-muted">
              <span role="status" className="font-semibold text-text">
                {total === undefined || experts.error
                  ? ""
                  : total === 0
                    ? text.none
                    : text.count(formats.number(total), total === 1)}
              </span>
              {Boolean(total) && `, ${text.zone(city)}`}
            </p>
            <div className="flex items-center gap-4">
              <LiveBadge />
              <Sorting query={query} onChoose={(order) => choose({ order })} />
            </div>
          </div>
          <Results
            experts={experts}
            query={query}
            highest={highest}
            refusalId={`${ids}-refused`}
            onClear={() => {
              typed.flush();
              show({ ...DEFAULT_QUERY, order: query.order });
              field.current?.focus();
            }}
          />
        </section>
      </div>
    </div>
  );
}

interface SortingProps {
  query: DirectoryQuery;
  onChoose: (order: Order | null) => void;
}

function Sorting({ query, onChoose }: SortingProps) {
  const text = useWords(directoryWords);
  const isSearch = Boolean(query.search.trim());
  const usual = isSearch ? text.bestMatch : text.orders["rating-desc"];
  return (
    <span className="relative inline-flex h-10 items-center rounded-sm has-focus-visible:outline-2 has-focus-visible:outline-focus pointer-coarse:h-11">
      <select
        aria-label={text.order}
        value={query.order ?? ""}
        onChange={(event) => onChoose((event.target.value || null) as Order | null)}
        className="h-full appearance-none bg-transparent pr-6 text-right text-sm font-semibold outline-none [field-sizing:content] *:bg-raised *:text-text"
      >
        <option value="">{usual}</option>
        {ORDERS.filter((order) => isSearch || order !== "rating-desc").map((order) => (
          <option key={order} value={order}>
            {text.orders[order]}
          </option>
        ))}
      </select>
      <Icon name="chevronDown" className="pointer-events-none absolute right-0 size-4" />
    </span>
  );
}

/** Scroll to the top when another page of results is shown, but not on Back or Forward. */
function useScrollToNewPage(
  { after, before }: DirectoryQuery,
  results: React.RefObject<HTMLElement | null>,
): void {
  const type = useNavigationType();
  const cursor = after ?? before;
  const displayedCursor = useRef(cursor);
  useEffect(() => {
    if (displayedCursor.current === cursor) return;
    displayedCursor.current = cursor;
    if (!cursor || type !== NavigationType.Push) return;
    results.current?.focus({ preventScroll: true });
    results.current?.scrollIntoView();
  }, [cursor, type, results]);
}
