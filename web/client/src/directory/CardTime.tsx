import { SlotLink } from "../expert/SlotLink.tsx";
import { lookOf } from "../expert/slotLooks.ts";
import type { ShownSlot } from "../expert/slots.ts";
import { slotWords } from "../expert/slotWords.ts";
import { useSlotNews } from "../expert/useSlotNews.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { useRelativeFormats } from "../time/relativeMoment.ts";
import { HoldCountdown } from "../ui/HoldCountdown.tsx";

interface CardTimeProps {
  slot: ShownSlot;
  /** Path of the expert's page, to which a free time links. */
  path: string;
}

/** A slot on an expert's card: a link while the slot is free, otherwise the slot's status. */
export function CardTime({ slot, path }: CardTimeProps) {
  const text = useWords(slotWords);
  const formats = useFormats();
  const { shortDay } = useRelativeFormats();
  const news = useSlotNews(slot);
  const look = lookOf(slot);
  const time = formats.time(slot.startsAt);
  const isHeld = look === "HELD" && slot.heldUntil !== null;
  return (
    <SlotLink
      slot={slot}
      path={path}
      news={news}
      className="grid min-h-13 content-center justify-items-center py-1.5 text-center"
    >
      <span className={`text-xs font-medium no-underline ${news ? "" : "truncate"}`}>
        {news ? (
          text[news]
        ) : isHeld ? (
          <HoldCountdown until={slot.heldUntil ?? ""} />
        ) : (
          shortDay(slot.startsAt)
        )}
      </span>
      <span className={`text-control font-semibold ${look === "BOOKED" ? "line-through" : ""}`}>
        {time}
      </span>
      <span className="sr-only">, {text.states[look]}</span>
    </SlotLink>
  );
}
