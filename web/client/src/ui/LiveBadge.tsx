import { useConnection } from "../api/connection.ts";
import { useWords } from "../text/text.tsx";
import { appWords } from "../app/words.ts";

/** Indicator of the live connection's state. */
export function LiveBadge() {
  const { state } = useConnection();
  const { connection } = useWords(appWords);
  const isLive = state === "live";
  return (
    <p className="flex items-center gap-2 text-xs text-muted" data-connection={state}>
      <span
        aria-hidden
        className={`size-2 rounded-full ${isLive ? "bg-accent" : "animate-pulse bg-now"}`}
      />
      {connection[state]}
    </p>
  );
}
