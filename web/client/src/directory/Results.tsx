import { Link } from "react-router";

import { Message } from "../app/Message.tsx";
import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import type { Money } from "../time/formats.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { ExpertCardsSkeleton } from "./ExpertCardsSkeleton.tsx";
import { ExpertCards } from "./ExpertCard.tsx";
import { Pages } from "./Pages.tsx";
import { Suggestions } from "./Suggestions.tsx";
import type { useExperts } from "./useExperts.ts";
import { PAGE_SIZE, directoryPath, type DirectoryQuery } from "./directoryQuery.ts";
import { directoryWords } from "./words.ts";

interface ResultsProps {
  experts: ReturnType<typeof useExperts>;
  query: DirectoryQuery;
  /** ID of the HTML element that shows that the server has refused the search. */
  refusalId: string;
  highest: Money | undefined;
  onClear: () => void;
}

/** A page of experts, or the reason why there are none; stays while a new page is loading. */
export function Results({ experts, query, refusalId, highest, onClear }: ResultsProps) {
  const text = useWords(directoryWords);
  const { errors } = useWords(appWords);
  const { page, isStale, error, refused } = experts;
  const clearButton = (
    <Button kind="primary" onClick={onClear}>
      {text.clearSearch}
    </Button>
  );
  const retryButton = <Button onClick={() => void experts.refetch()}>{errors.again}</Button>;

  if (refused === "search") {
    return (
      <div id={refusalId}>
        <Message heading="h2" title={text.tooLong} body={text.tooLongBody}>
          {clearButton}
        </Message>
      </div>
    );
  }
  if (refused === "page") {
    return (
      <Message heading="h2" title={text.pageGone} body={text.pageGoneBody}>
        <Link
          to={directoryPath({ ...query, after: null, before: null })}
          className={buttonClass("primary")}
        >
          {text.firstPage}
        </Link>
      </Message>
    );
  }
  if (!page) {
    return error ? (
      <div role="alert">
        <Message heading="h2" title={text.stale} body={errors.offline}>
          {retryButton}
        </Message>
      </div>
    ) : (
      <ExpertCardsSkeleton count={PAGE_SIZE} />
    );
  }
  return (
    <>
      {error && (
        <div
          role="alert"
          className="flex flex-wrap items-center justify-between gap-3 rounded-lg border border-line bg-danger-bg px-5 py-3 text-danger"
        >
          <p>{text.stale}</p>
          {retryButton}
        </div>
      )}
      <div className={`grid gap-6 transition-opacity ${isStale ? "opacity-60" : ""}`}>
        {page.nodes.length > 0 ? (
          <ExpertCards
            experts={page.nodes}
            heading="h3"
            search={query.search}
            day={query.day ?? undefined}
            available={experts.available}
          />
        ) : (
          <Message heading="h2" title={text.none} body={text.noneBody}>
            <Suggestions query={query} highest={highest} />
            {clearButton}
          </Message>
        )}
        <Pages query={query} page={page.pageInfo} />
      </div>
    </>
  );
}
