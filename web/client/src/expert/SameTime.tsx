import type { Hold } from "../holds/holds.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { stepWords } from "./stepWords.ts";
import { useOwnSessions } from "./useOwnSessions.ts";

/** Warning that the viewer has a session with another expert at the time of a hold. */
export function SameTime({ hold, expertId }: { hold: Hold; expertId: string }) {
  const text = useWords(stepWords);
  const formats = useFormats();
  const [other] = useOwnSessions(hold.slot, expertId);
  return (
    <p role="status" className="text-danger empty:hidden">
      {other && text.sameTime(other.expert.name, formats.time(other.startsAt))}
    </p>
  );
}
