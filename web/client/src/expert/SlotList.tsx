import { type Formats, useFormats } from "../time/formats.ts";
import { saveTimePreferences, useTimePreferences } from "../time/preferences.ts";
import { useNow } from "../time/clock.ts";
import { Button } from "../ui/Button.tsx";
import { formatRemaining } from "./formatRemaining.ts";
import type { SlotTime } from "./slots.ts";
import { useWords } from "../text/text.tsx";
import { expertWords } from "./words.ts";

interface SlotListProps {
  date: string;
  slots: readonly SlotTime[];
  selectedId: string | undefined;
  isBusy: boolean;
  confirmLabel: string;
  canSelect?: (slot: SlotTime) => boolean;
  onChoose: (slot: SlotTime | undefined) => void;
  onConfirm: (slot: SlotTime) => void;
}

/** The slots of a day; the selected one shows a button to confirm. */
export function SlotList(props: SlotListProps) {
  const { date, slots, selectedId, isBusy, confirmLabel, onChoose, onConfirm } = props;
  const isSelectable = (slot: SlotTime) => isFree(slot) || Boolean(props.canSelect?.(slot));
  const text = useWords(expertWords);
  const formats = useFormats();
  const { hourCycle } = useTimePreferences();
  return (
    <section aria-labelledby="times" className="grid content-start gap-4">
      <div className="flex h-9 items-center justify-between">
        <h2 id="times" className="text-lg">
          <span aria-hidden>{formats.shortDay(date)}</span>
          <span className="sr-only">{text.times(formats.day(date))}</span>
        </h2>
        <div role="radiogroup" aria-label={text.hourCycle} className="flex text-xs">
          {(["h12", "h23"] as const).map((cycle) => (
            <label
              key={cycle}
              className="grid h-7 w-10 cursor-pointer place-items-center border border-line has-checked:bg-soft has-focus-visible:outline-2 has-focus-visible:outline-accent"
            >
              <input
                type="radio"
                name="clock"
                className="sr-only"
                checked={hourCycle === cycle}
                onChange={() => saveTimePreferences({ hourCycle: cycle })}
              />
              {cycle === "h12" ? "12h" : "24h"}
            </label>
          ))}
        </div>
      </div>
      {slots.length === 0 && <p className="text-muted">{text.none}</p>}
      <ul className="grid grid-cols-2 gap-2 sm:grid-cols-3 md:-m-1 md:max-h-[34rem] md:grid-cols-1 md:overflow-y-auto md:p-1">
        {slots.map((slot) => (
          <li key={slot.id} className={slot.id === selectedId ? "col-span-full" : undefined}>
            {slot.id === selectedId && isSelectable(slot) ? (
              <div className="grid grid-cols-2 gap-2">
                <button
                  type="button"
                  aria-pressed
                  className="h-11 rounded-sm border-2 border-accent bg-soft font-semibold text-accent tabular-nums"
                  onClick={() => onChoose(undefined)}
                >
                  {formats.time(slot.startsAt)}
                </button>
                <Button
                  kind="primary"
                  className="px-2!"
                  autoFocus
                  isBusy={isBusy}
                  onClick={() => onConfirm(slot)}
                >
                  {confirmLabel}
                </Button>
              </div>
            ) : (
              <SlotButton
                slot={slot}
                formats={formats}
                onChoose={isSelectable(slot) ? onChoose : undefined}
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function isFree({ status, mine }: SlotTime): boolean {
  return status === "OPEN" || (status === "HELD" && mine);
}

const STATUS_CLASSES = {
  OPEN: "border-free-line bg-free-bg font-semibold text-accent hover:border-accent hover:bg-soft",
  HELD: "border-dashed border-held-line bg-held-bg font-medium text-held",
  BOOKED: "border-transparent bg-gone-bg font-medium text-gone line-through",
  MINE: "border-accent bg-accent font-semibold text-on-accent",
};

interface SlotButtonProps {
  slot: SlotTime;
  formats: Formats;
  onChoose: ((slot: SlotTime) => void) | undefined;
}

function SlotButton({ slot, formats, onChoose }: SlotButtonProps) {
  const text = useWords(expertWords);
  const time = formats.time(slot.startsAt);
  const state = slot.mine
    ? text.mine
    : slot.status === "OPEN"
      ? text.free
      : slot.status === "BOOKED"
        ? text.booked
        : slot.heldUntil
          ? text.heldUntil(formats.time(slot.heldUntil))
          : text.held;
  return (
    <button
      type="button"
      data-slot={slot.id}
      data-status={slot.mine ? "MINE" : slot.status}
      aria-disabled={!onChoose || undefined}
      onClick={() => onChoose?.(slot)}
      className={`flex h-11 w-full items-center justify-center gap-2 rounded-sm border tabular-nums transition-colors duration-200 aria-disabled:cursor-default ${STATUS_CLASSES[slot.mine ? "MINE" : slot.status]}`}
    >
      {slot.mine && <span aria-hidden>✓</span>}
      {time}
      <span className="sr-only">, {state}</span>
      {slot.status === "HELD" && slot.heldUntil && <HoldCountdown until={slot.heldUntil} />}
    </button>
  );
}

/** Remaining time of a hold; screen readers get its end from the button's name. */
function HoldCountdown({ until }: { until: string }) {
  const left = formatRemaining(until, useNow(1_000));
  return (
    <span aria-hidden className="text-xs no-underline">
      {left}
    </span>
  );
}
