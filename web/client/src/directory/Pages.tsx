import { Link } from "react-router";

import { useWords } from "../text/text.tsx";
import { buttonClass } from "../ui/Button.tsx";
import { directoryPath, type DirectoryQuery } from "./directoryQuery.ts";
import { directoryWords } from "./words.ts";

interface PagesProps {
  query: DirectoryQuery;
  page: {
    readonly hasPreviousPage: boolean;
    readonly hasNextPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** Links to the previous and the next page of results. */
export function Pages({ query, page }: PagesProps) {
  const text = useWords(directoryWords);
  if (!page.hasPreviousPage && !page.hasNextPage) return null;
  return (
    <nav aria-label={text.pages} className="flex justify-between gap-4">
      {page.hasPreviousPage ? (
        <Link
          rel="prev"
          to={directoryPath({ ...query, after: null, before: page.startCursor })}
          className={buttonClass()}
        >
          <span aria-hidden>←</span> {text.previous}
        </Link>
      ) : (
        <span />
      )}
      {page.hasNextPage && (
        <Link
          rel="next"
          to={directoryPath({ ...query, after: page.endCursor, before: null })}
          className={buttonClass()}
        >
          {text.following} <span aria-hidden>→</span>
        </Link>
      )}
    </nav>
  );
}
