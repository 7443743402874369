import { Link } from "react-router";

import { useWords } from "../text/text.tsx";
import { buttonClass } from "../ui/Button.tsx";
import { pathOf, type Wanted } from "./wanted.ts";
import { directoryWords } from "./words.ts";

interface PagesProps {
  wanted: Wanted;
  page: {
    readonly hasPreviousPage: boolean;
    readonly hasNextPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** Links to the next and previous page. */
export function Pages({ wanted, page }: PagesProps) {
  const text = useWords(directoryWords);
  if (!page.hasPreviousPage && !page.hasNextPage) return null;
  return (
    <nav aria-label={text.pages} className="flex justify-between gap-4">
      {page.hasPreviousPage ? (
        <Link
          rel="prev"
          to={pathOf({ ...wanted, after: null, before: page.startCursor })}
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
          to={pathOf({ ...wanted, after: page.endCursor, before: null })}
          className={buttonClass()}
        >
          {text.following} <span aria-hidden>→</span>
        </Link>
      )}
    </nav>
  );
}
