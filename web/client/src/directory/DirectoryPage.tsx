import { useEffect, useId, useMemo, useRef } from "react";
import { useNavigationType, useSearchParams } from "react-router";

import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { useTitle } from "../ui/title.ts";
import { Categories } from "./Categories.tsx";
import { Filters } from "./Filters.tsx";
import { Results } from "./Results.tsx";
import { SearchField } from "./SearchField.tsx";
import { useDirectory, useExperts } from "./useExperts.ts";
import { useTyped } from "./useTyped.ts";
import { EVERYTHING, parametersOf, type Wanted, wantedFrom } from "./wanted.ts";
import { directoryWords } from "./words.ts";

/** Page `/experts`: the directory. Filters, order and page are in the address. */
export default function DirectoryPage() {
  const text = useWords(directoryWords);
  const formats = useFormats();
  const { zone } = useTimePreferences();
  const [parameters, setParameters] = useSearchParams();
  const wanted = useMemo(() => wantedFrom(parameters), [parameters]);
  const experts = useExperts(wanted);
  const directory = useDirectory();
  const field = useRef<HTMLInputElement>(null);
  const results = useRef<HTMLElement>(null);
  const ids = useId();
  useTitle(text.title);
  useTurning(wanted, results);

  const typed = useTyped(wanted.search, (search) => show({ search }, true));
  // Any change of the filters returns to the first page.
  function show(changed: Partial<Wanted>, isTyping = false): void {
    setParameters(parametersOf({ ...wanted, after: null, before: null, ...changed }), {
      replace: isTyping,
    });
  }
  function choose(changed: Partial<Wanted>): void {
    show({ search: typed.settle(), ...changed });
  }

  const total = experts.page?.totalCount;
  const isRefused = experts.refused === "search";
  return (
    <div className="grid gap-6 pt-4 pb-8">
      <h1 className="text-xl font-semibold">{text.title}</h1>
      <Filters wanted={wanted} highest={directory.highest} onChange={choose}>
        <form
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            show({ search: typed.settle() }, true);
          }}
        >
          <SearchField
            ref={field}
            value={typed.text}
            onChange={(event) => typed.type(event.target.value)}
            aria-invalid={isRefused || undefined}
            aria-describedby={isRefused ? `${ids}-refused` : undefined}
          />
        </form>
      </Filters>
      <Categories
        counts={directory.counts}
        chosen={wanted.categories}
        onChoose={(categories) => choose({ categories })}
      />
      <section
        ref={results}
        tabIndex={-1}
        aria-label={text.results}
        aria-busy={experts.isOld}
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
          wanted={wanted}
          refusalId={`${ids}-refused`}
          onRetry={() => {
            void experts.refetch();
            if (!directory.counts) void directory.refetch();
          }}
          onClear={() => {
            typed.settle();
            show({ ...EVERYTHING, order: wanted.order });
            field.current?.focus();
          }}
        />
      </section>
    </div>
  );
}

/** Scroll to the top of the next or previous page; the layout restores positions on Back. */
function useTurning({ after, before }: Wanted, results: React.RefObject<HTMLElement | null>): void {
  const type = useNavigationType();
  const cursor = after ?? before;
  const shown = useRef(cursor);
  useEffect(() => {
    if (shown.current === cursor) return;
    shown.current = cursor;
    if (!cursor || type !== "PUSH") return;
    results.current?.focus({ preventScroll: true });
    results.current?.scrollIntoView();
  }, [cursor, type, results]);
}
