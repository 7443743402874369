import { appWords } from "../app/words.ts";
import { catalogue, useWords } from "../text/text.tsx";
import { Button } from "./Button.tsx";
import { toastError } from "./toast.tsx";

const moreWords = catalogue({
  en: { more: "Show more", reading: "Reading …" },
  de: { more: "Mehr anzeigen", reading: "Wird geladen …" },
});

/** A list that is read page by page. */
interface Readable {
  readonly hasMore: boolean;
  readonly isReadingMore: boolean;
  more(): Promise<unknown>;
}

/** Reads the next page of a list, where there is one. */
export function More({ of: { hasMore, isReadingMore, more } }: { of: Readable }) {
  const text = useWords(moreWords);
  const { errors } = useWords(appWords);
  if (!hasMore) return null;
  return (
    <Button
      className="justify-self-center"
      isBusy={isReadingMore}
      onClick={() => more().catch(() => toastError(errors.unexpected))}
    >
      {isReadingMore ? text.reading : text.more}
    </Button>
  );
}
