import { type Formats, useFormats } from "../time/formats.ts";
import { saveTimePreferences, useTimePreferences } from "../time/preferences.ts";
import { useNow } from "../time/clock.ts";
import { formatRemaining } from "../time/formatRemaining.ts";
import { useWords } from "../text/text.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Ring } from "../ui/CountdownRing.tsx";
import { ChosenSlot } from "./ChosenSlot.tsx";
import type { SlotTime } from "./slots.ts";
import { expertWords } from "./words.ts";

/** Time in which the ring of somebody else's hold empties. */
const RING_MS = 300_000;

interface SlotListProps {
  date: string;
  slots: readonly SlotTime[];
  selectedId: string | undefined;
  /** The chosen slot after it was lost. */
  lost: SlotTime | undefined;
  /** Free slots near a lost one. */
  others: readonly SlotTime[];
  isBusy: boolean;
  confirmLabel: string;
  summary?: string | undefined;
  canSelect?: (slot: SlotTime) => boolean;
  onChoose: (slot: SlotTime | undefined) => void;
  onConfirm: (slot: SlotTime) => void;
}

/** The slots of a day; a bar below confirms the selected one. */
export function SlotList(props: SlotListProps) {
  const { date, slots, selectedId, lost, onChoose } = props;
  const isSelectable = (slot: SlotTime) => isFree(slot) || Boolean(props.canSelect?.(slot));
  const selected = slots.find((slot) => slot.id === selectedId && isSelectable(slot));
  const docked = lost ?? selected;
  const text = useWords(expertWords);
  const formats = useFormats();
  const { hourCycle } = useTimePreferences();
  return (
    <section aria-labelledby="times" className="flex min-h-full flex-col gap-4">
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
      <ul className="grid grid-cols-2 gap-2 sm:grid-cols-3 md:-m-1 md:max-h-[34rem] md:grid-cols-2 md:overflow-y-auto md:p-1">
        {slots.map((slot) => (
          <li key={slot.id}>
            <SlotButton
              slot={slot}
              formats={formats}
              isSelected={slot.id === selectedId && isSelectable(slot)}
              onChoose={isSelectable(slot) ? onChoose : undefined}
            />
          </li>
        ))}
      </ul>
      {docked && <ChosenSlot {...props} slot={docked} isLost={lost !== undefined} />}
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
  KEPT: "border-accent bg-soft font-semibold text-accent inset-ring inset-ring-accent",
  MINE: "border-accent bg-accent font-semibold text-on-accent",
};

interface SlotButtonProps {
  slot: SlotTime;
  formats: Formats;
  isSelected: boolean;
  onChoose: ((slot: SlotTime | undefined) => void) | undefined;
}

function SlotButton({ slot, formats, isSelected, onChoose }: SlotButtonProps) {
  const text = useWords(expertWords);
  const time = formats.time(slot.startsAt);
  // Kept, but not booked yet.
  const isKept = slot.mine && slot.status === "HELD";
  const look = isKept ? "KEPT" : slot.mine ? "MINE" : slot.status;
  const state = isKept
    ? text.kept
    : slot.mine
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
      aria-pressed={isSelected || undefined}
      aria-disabled={!onChoose || undefined}
      onClick={() => onChoose?.(isSelected ? undefined : slot)}
      className={`flex h-11 w-full items-center justify-center gap-2 rounded-sm border tabular-nums transition-colors duration-200 aria-disabled:cursor-default aria-pressed:bg-soft aria-pressed:border-accent aria-pressed:text-accent aria-pressed:inset-ring aria-pressed:inset-ring-accent ${STATUS_CLASSES[look]}`}
    >
      {slot.mine && !isKept && <Icon name="check" className="size-4" />}
      {time}
      <span className="sr-only">, {state}</span>
      {slot.status === "HELD" && slot.heldUntil && <HoldCountdown until={slot.heldUntil} />}
    </button>
  );
}

/** Remaining time of a hold; screen readers get its end from the button's name. */
function HoldCountdown({ until }: { until: string }) {
  const now = useNow(1_000);
  const share = (Date.parse(until) - now) / RING_MS;
  return (
    <span aria-hidden className="inline-flex items-center gap-1 text-xs">
      <Ring share={share} line={4} className="size-3.5" />
      {formatRemaining(until, now)}
    </span>
  );
}
