import { useWords } from "../text/text.tsx";
import { type Formats, useFormats } from "../time/formats.ts";
import { HoldCountdown } from "../ui/HoldCountdown.tsx";
import { Icon } from "../ui/Icon.tsx";
import { LiveBadge } from "../ui/LiveBadge.tsx";
import { ChosenSlot } from "./ChosenSlot.tsx";
import { byPartOfDay } from "./partsOfDay.ts";
import { CHOOSABLE_CLASS, LOOK_CLASSES, lookOf, NEWS_CLASSES } from "./slotLooks.ts";
import type { SlotTime } from "./slots.ts";
import { slotWords } from "./slotWords.ts";
import { overlaps, type OwnSession } from "./useOwnSessions.ts";
import { useSlotNews } from "./useSlotNews.ts";
import { expertWords } from "./words.ts";

interface SlotListProps {
  date: string;
  slots: readonly SlotTime[];
  selectedId: string | undefined;
  /** The chosen slot, if it has become unavailable. */
  lost: SlotTime | undefined;
  /** Free slots that are close in time to the lost slot. */
  others: readonly SlotTime[];
  /** The viewer's sessions with other experts on this day. */
  ownSessions: readonly OwnSession[];
  isBusy: boolean;
  confirmLabel: string;
  summary?: string | undefined;
  canSelect?: (slot: SlotTime) => boolean;
  onChoose: (slot: SlotTime | undefined) => void;
  onConfirm: (slot: SlotTime) => void;
}

/** The slots of a day, grouped by part of the day, and a bar to confirm the selected slot. */
export function SlotList(props: SlotListProps) {
  const { date, slots, selectedId, lost, ownSessions, onChoose } = props;
  const isSelectable = (slot: SlotTime) => isFree(slot) || Boolean(props.canSelect?.(slot));
  const selected = slots.find((slot) => slot.id === selectedId && isSelectable(slot));
  const docked = lost ?? selected;
  const text = useWords(expertWords);
  const names = useWords(slotWords);
  const formats = useFormats();
  return (
    <section aria-labelledby="times" className="flex min-h-full flex-col gap-4">
      <div className="flex min-h-9 flex-wrap items-center justify-between gap-x-4">
        <h2 id="times" className="text-lg first-letter:uppercase">
          <span aria-hidden>{formats.day(date)}</span>
          <span className="sr-only">{text.times(formats.day(date))}</span>
        </h2>
        <LiveBadge />
      </div>
      {slots.length === 0 && <p className="text-muted">{text.none}</p>}
      <OwnSessions sessions={ownSessions} />
      <div className="grid gap-4 md:-m-1 md:max-h-[38rem] md:overflow-y-auto md:p-1">
        {byPartOfDay(slots, formats).map((group) => (
          <div key={group.part} className="grid gap-2">
            <div className="flex items-baseline justify-between gap-4 text-sm">
              <h3 className="font-sans font-semibold tracking-normal">{names.parts[group.part]}</h3>
              <p className="text-xs text-muted tabular-nums">
                {names.partFree(formats.number(group.slots.filter(isFree).length))}
              </p>
            </div>
            <ul className="grid grid-cols-2 gap-2 sm:grid-cols-3 md:grid-cols-2">
              {group.slots.map((slot) => (
                <li key={slot.id}>
                  <SlotButton
                    slot={slot}
                    formats={formats}
                    isSelected={slot.id === selectedId && isSelectable(slot)}
                    isDouble={!slot.mine && ownSessions.some((own) => overlaps(own, slot))}
                    onChoose={isSelectable(slot) ? onChoose : undefined}
                  />
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      {docked && <ChosenSlot {...props} slot={docked} isLost={lost !== undefined} />}
    </section>
  );
}

/** Warning that lists the viewer's sessions with other experts on the same day. */
function OwnSessions({ sessions }: { sessions: readonly OwnSession[] }) {
  const text = useWords(expertWords);
  const formats = useFormats();
  if (sessions.length === 0) return null;
  return (
    <ul className="grid gap-1 rounded-md bg-sunken px-4 py-3 text-sm text-muted">
      {sessions.map(({ id, expert, startsAt, endsAt }) => (
        <li key={id} className="flex gap-2">
          <Icon name="calendar" className="mt-0.5 size-4 shrink-0" />
          {text.alsoThen(expert.name, `${formats.time(startsAt)} – ${formats.time(endsAt)}`)}
        </li>
      ))}
    </ul>
  );
}

function isFree({ status, mine }: SlotTime): boolean {
  return status === "OPEN" || (status === "HELD" && mine);
}

interface SlotButtonProps {
  slot: SlotTime;
  formats: Formats;
  isSelected: boolean;
  /** Whether the viewer has another session at the same time. */
  isDouble: boolean;
  onChoose: ((slot: SlotTime | undefined) => void) | undefined;
}

function SlotButton({ slot, formats, isSelected, isDouble, onChoose }: SlotButtonProps) {
  const text = useWords(slotWords);
  const { sameTime } = useWords(expertWords);
  const news = useSlotNews(slot);
  const look = lookOf(slot);
  const state =
    look === "HELD" && slot.heldUntil
      ? text.heldUntil(formats.time(slot.heldUntil))
      : text.states[look];
  return (
    <button
      type="button"
      data-slot={slot.id}
      data-status={slot.mine ? "MINE" : slot.status}
      aria-pressed={isSelected || undefined}
      aria-disabled={!onChoose || undefined}
      onClick={() => onChoose?.(isSelected ? undefined : slot)}
      className={`relative flex h-11 w-full items-center justify-center gap-2 rounded-sm border px-1 no-underline! tabular-nums transition-colors duration-200 aria-disabled:cursor-default aria-pressed:bg-soft aria-pressed:border-accent aria-pressed:text-accent aria-pressed:inset-ring aria-pressed:inset-ring-accent ${LOOK_CLASSES[look]} ${look === "OPEN" ? CHOOSABLE_CLASS : ""} ${news ? NEWS_CLASSES[news] : ""}`}
    >
      {look === "MINE" && <Icon name="check" className="size-4" />}
      <span className={look === "BOOKED" && !news ? "line-through" : ""}>
        {formats.time(slot.startsAt)}
      </span>
      {/* The news is drawn over the bottom of the button, so that the slot's time does not
          move. */}
      {news && (
        <span
          key={news}
          className="absolute inset-x-0 bottom-px truncate text-xs/[13px] font-medium"
        >
          {text[news]}
        </span>
      )}
      {look === "MINE" && (
        <span aria-hidden className="text-xs font-medium">
          {text.states.MINE}
        </span>
      )}
      {isDouble && !news && <Icon name="calendar" className="size-4 shrink-0" />}
      <span className="sr-only">
        , {state}
        {isDouble && `, ${sameTime}`}
      </span>
      {/* The countdown is hidden from screen readers, because `state` tells them when the hold
          ends. */}
      {slot.status === "HELD" && slot.heldUntil && (
        <span aria-hidden className="text-xs">
          <HoldCountdown until={slot.heldUntil} />
        </span>
      )}
    </button>
  );
}
