import { appWords } from "../app/words.ts";
import { catalogue, useWords } from "../text/text.tsx";
import { Button } from "./Button.tsx";
import { toastError } from "./toast.tsx";

const moreWords = catalogue({
  en: { more: "Show more", loading: "Loading …" },
  de: { more: "Mehr anzeigen", loading: "Wird geladen …" },
});

/** A list that is loaded page by page. */
interface PagedList {
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  loadMore: () => Promise<unknown>;
}

/** Button that loads the next page, if there is one. */
export function ShowMore({ of: { hasMore, isLoadingMore, loadMore } }: { of: PagedList }) {
  const text = useWords(moreWords);
  const { errors } = useWords(appWords);
  if (!hasMore) return null;
  return (
    <Button
      className="justify-self-center"
      isBusy={isLoadingMore}
      onClick={() => void loadMore().catch(() => toastError(errors.unexpected))}
    >
      {isLoadingMore ? text.loading : text.more}
    </Button>
  );
}
