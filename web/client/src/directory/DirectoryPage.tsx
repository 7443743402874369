import { useEffect, useId, useMemo, useRef } from "react";
import { NavigationType, useNavigationType, useSearchParams } from "react-router";

import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { useTitle } from "../ui/title.ts";
import { Categories } from "./Categories.tsx";
import { Filters } from "./Filters.tsx";
import { Results } from "./Results.tsx";
import { SearchField } from "./SearchField.tsx";
import { useDirectory, useExperts } from "./useExperts.ts";
import { useDebouncedText } from "./useDebouncedText.ts";
import {
  DEFAULT_QUERY,
  toSearchParams,
  type DirectoryQuery,
  parseQuery,
} from "./directoryQuery.ts";
import { directoryWords } from "./words.ts";

/** Page `/experts`: the directory. Filters, order and page are in the address. */
export default function DirectoryPage() {
  const text = useWords(directoryWords);
  const formats = useFormats();
  const { zone } = useTimePreferences();
  const [parameters, setParameters] = useSearchParams();
  const query = useMemo(() => parseQuery(parameters), [parameters]);
  const experts = useExperts(query);
  const directory = useDirectory();
  const field = useRef<HTMLInputElement>(null);
  const results = useRef<HTMLElement>(null);
  const ids = useId();
  useTitle(text.title);
  useScrollToNewPage(query, results);

  const typed = useDebouncedText(query.search, (search) => show({ search }, true));
  // Any change of the filters returns to the first page.
  function show(changed: Partial<DirectoryQuery>, isTyping = false): void {
    setParameters(toSearchParams({ ...query, after: null, before: null, ...changed }), {
      replace: isTyping,
    });
  }
  function choose(changed: Partial<DirectoryQuery>): void {
    show({ search: typed.flush(), ...changed });
  }

  const total = experts.page?.totalCount;
  const isSearchRefused = experts.refused === "search";
  return (
    <div className="grid gap-6 pt-4 pb-8">
      <h1 className="text-2xl">{text.title}</h1>
      <Filters query={query} highest={directory.highest} onChange={choose}>
        <form
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            show({ search: typed.flush() }, true);
          }}
        >
          <SearchField
            ref={field}
            value={typed.text}
            onChange={(event) => typed.setText(event.target.value)}
            aria-invalid={isSearchRefused || undefined}
            aria-describedby={isSearchRefused ? `${ids}-refused` : undefined}
          />
        </form>
      </Filters>
      <Categories
        counts={directory.counts}
        chosen={query.categories}
        onChoose={(categories) => choose({ categories })}
      />
      <section
        ref={results}
        tabIndex={-1}
        aria-label={text.results}
        aria-busy={experts.isStale}
        className="grid scroll-mt-4 gap-4 outline-none"
      >
        <div className="flex min-h-5 flex-wrap items-baseline justify-between gap-x-4 text-muted">
          <p role="status">
            {total === undefined || experts.error
              ? ""
              : total === 0
                ? text.none
                : text.count(formats.number(total), total === 1)}
          </p>
          <p className="text-xs">{text.zone(zone.replaceAll("_", " "))}</p>
        </div>
        <Results
          experts={experts}
          query={query}
          refusalId={`${ids}-refused`}
          onRetry={() => {
            void experts.refetch();
            if (!directory.counts) void directory.refetch();
          }}
          onClear={() => {
            typed.flush();
            show({ ...DEFAULT_QUERY, order: query.order });
            field.current?.focus();
          }}
        />
      </section>
    </div>
  );
}

/** Scroll to the top of the next or previous page; the layout restores positions on Back. */
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
