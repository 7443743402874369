import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { HoursNotice } from "./HoursNotice.tsx";
import { hoursWords } from "./words.ts";

interface ChangedHoursProps {
  onApply: () => void;
  onDiscard: () => void;
}

/**
 * Notice that the hours were changed elsewhere, and that the user's own changes are kept; it takes
 * the focus.
 */
export function ChangedHours({ onApply, onDiscard }: ChangedHoursProps) {
  const text = useWords(hoursWords);
  return (
    <HoursNotice id="changed" title={text.changed}>
      <p className="max-w-prose text-pretty">{text.changedLead}</p>
      <div className="flex flex-wrap gap-3">
        <Button kind="primary" onClick={onApply}>
          {text.applyKept}
        </Button>
        <Button onClick={onDiscard}>{text.discardKept}</Button>
      </div>
    </HoursNotice>
  );
}
