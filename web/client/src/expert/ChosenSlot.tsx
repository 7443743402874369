import { useLayoutEffect, useRef } from "react";

import { useWords } from "../text/text.tsx";
import { type Formats, useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import type { SlotTime } from "./slots.ts";
import { expertWords } from "./words.ts";

interface ChosenSlotProps {
  slot: SlotTime;
  /** Whether the slot was taken after it was chosen, or is no longer offered. */
  isLost: boolean;
  /** Free slots that are close in time to the lost slot. */
  others: readonly SlotTime[];
  isBusy: boolean;
  confirmLabel: string;
  summary?: string | undefined;
  onConfirm: (slot: SlotTime) => void;
}

/** Docked bar with a button to confirm the chosen slot, or with the reason why it is unavailable.
 * */
export function ChosenSlot(props: ChosenSlotProps) {
  const { slot, isLost, isBusy, confirmLabel, summary, onConfirm } = props;
  const formats = useFormats();
  const bar = useRef<HTMLDivElement>(null);
  // The button that had the focus is gone: move the focus to the explanation.
  useLayoutEffect(() => {
    if (isLost && document.activeElement === document.body) bar.current?.focus();
  }, [isLost]);
  return (
    <div
      ref={bar}
      tabIndex={-1}
      className="sticky bottom-[var(--docked,0px)] -mx-4 mt-auto -mb-4 flex flex-wrap items-center justify-between gap-3 rounded-b-xl border-t border-line bg-sunken px-4 py-4 sm:-mx-6 sm:-mb-6 sm:px-6 outline-none"
    >
      {isLost ? (
        <Lost {...props} />
      ) : (
        <>
          <div>
            <p className="display">
              {formats.time(slot.startsAt)} – {formats.time(slot.endsAt)}
            </p>
            {summary && <p className="text-sm text-muted">{summary}</p>}
          </div>
          <Button
            key={slot.id}
            kind="primary"
            autoFocus
            isBusy={isBusy}
            onClick={() => onConfirm(slot)}
          >
            {confirmLabel}
          </Button>
        </>
      )}
    </div>
  );
}

/** Return the reason why a chosen slot is unavailable. */
export function whyLost(
  { startsAt, status, mine }: SlotTime,
  text: (typeof expertWords)["en"],
  formats: Formats,
): string {
  const reasons = { OPEN: text.slotGone, HELD: text.slotHeld, BOOKED: text.slotTaken };
  return reasons[mine ? "OPEN" : status](formats.time(startsAt));
}

function Lost({ slot, others, isBusy, onConfirm }: ChosenSlotProps) {
  const text = useWords(expertWords);
  const formats = useFormats();
  const date = formats.dateOf(slot.startsAt);
  return (
    <div className="grid gap-2">
      <p className="font-semibold">{whyLost(slot, text, formats)}</p>
      <p className="text-sm text-muted">{others.length ? text.closeAndFree : text.chooseAnother}</p>
      {others.length > 0 && (
        <div className="flex flex-wrap gap-2">
          {others.map((other) => (
            <Button
              key={other.id}
              kind="free"
              isBusy={isBusy}
              onClick={() => onConfirm(other)}
              className="tabular-nums"
            >
              {formats.dateOf(other.startsAt) === date
                ? formats.time(other.startsAt)
                : `${formats.shortDay(formats.dateOf(other.startsAt))}, ${formats.time(other.startsAt)}`}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}
