import { appWords } from "../app/words.ts";
import { catalogue, useWords } from "../text/text.tsx";
import { Button } from "./Button.tsx";
import { toastError } from "./toast.tsx";

const moreWords = catalogue({
  en: { more: "Show more", loading: "Loading …" },
  de: { more: "Mehr anzeigen", loading: "Wird geladen …" },
});

/** A list that is loaded page by page. */
interface Readable {
  readonly hasMore: boolean;
  readonly isReadingMore: boolean;
  more(): Promise<unknown>;
}

/** Button that loads the next page, if there is one. */
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
      {isReadingMore ? text.loading : text.more}
    </Button>
  );
}
