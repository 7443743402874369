import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { toastError } from "../ui/toast.tsx";
import type { DeskBookings } from "./useDeskList.ts";
import { deskWords } from "./words.ts";

/** Reads the next page of a list, where there is one. */
export function More({ of: { hasMore, isReadingMore, more } }: { of: DeskBookings }) {
  const text = useWords(deskWords);
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
