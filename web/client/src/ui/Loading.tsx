import { useWords } from "../text/text.tsx";
import { appWords } from "../app/words.ts";

/** Loading message, for places that have nothing to show yet. */
export function Loading() {
  return (
    <p role="status" className="p-6 text-center text-muted">
      {useWords(appWords).app.loading}
    </p>
  );
}
