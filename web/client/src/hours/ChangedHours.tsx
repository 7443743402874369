import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { hoursWords } from "./words.ts";

interface ChangedHoursProps {
  onApply: () => void;
  onDiscard: () => void;
}

/** Tells that the hours were changed elsewhere, and keeps the own changes; it takes the focus. */
export function ChangedHours({ onApply, onDiscard }: ChangedHoursProps) {
  const text = useWords(hoursWords);
  return (
    <section
      ref={focusOnMount}
      tabIndex={-1}
      aria-labelledby="changed"
      className="grid gap-3 rounded-lg border border-held bg-held-bg p-4 text-held outline-none md:p-6"
    >
      <h2 id="changed" className="text-lg">
        {text.changed}
      </h2>
      <p className="max-w-prose text-pretty">{text.changedLead}</p>
      <div className="flex flex-wrap gap-3">
        <Button kind="primary" onClick={onApply}>
          {text.applyKept}
        </Button>
        <Button onClick={onDiscard}>{text.discardKept}</Button>
      </div>
    </section>
  );
}

function focusOnMount(element: HTMLElement | null): void {
  element?.focus();
}
