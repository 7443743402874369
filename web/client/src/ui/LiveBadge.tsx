import { useConnection } from "../api/connection.ts";
import { useOfflineSince } from "../api/online.ts";
import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Icon } from "./Icon.tsx";

/**
 * Badge with the state of the live connection or, while the browser is offline, with the time at
 * which the shown data were current.
 */
export function LiveBadge() {
  const { state } = useConnection();
  const { connection } = useWords(appWords);
  const formats = useFormats();
  const offlineSince = useOfflineSince();
  const isLive = state === "live";
  if (offlineSince !== undefined) {
    const time = formats.time(new Date(offlineSince).toISOString());
    return (
      <p
        className="flex items-center gap-2 text-xs text-muted"
        data-connection={isLive ? "offline" : state}
      >
        <Icon name="offline" className="size-4" />
        {connection.asOf(time)}
      </p>
    );
  }
  if (state === "idle") return null;
  return (
    <p
      className={`flex items-center gap-2 text-xs font-medium ${isLive ? "text-accent" : "text-held"}`}
      data-connection={state}
    >
      <span
        aria-hidden
        className={`size-2 rounded-full ${isLive ? "live-dot bg-accent" : "animate-pulse bg-now"}`}
      />
      {connection[state]}
    </p>
  );
}
