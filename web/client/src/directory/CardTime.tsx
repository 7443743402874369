import { Link } from "react-router";

import { CHOOSABLE_CLASS, LOOK_CLASSES, lookOf, NEWS_CLASSES } from "../expert/slotLooks.ts";
import type { ShownSlot } from "../expert/slots.ts";
import { slotWords } from "../expert/slotWords.ts";
import { useSlotNews } from "../expert/useSlotNews.ts";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { formatRemaining } from "../time/formatRemaining.ts";
import { useFormats } from "../time/formats.ts";
import { useRelativeFormats } from "../time/relativeMoment.ts";
import { HoldRing } from "../ui/HoldRing.tsx";

interface CardTimeProps {
  slot: ShownSlot;
  /** Path of the expert's page. */
  path: string;
}

/** A time on a card: a link to it while it is free, and what became of it afterwards. */
export function CardTime({ slot, path }: CardTimeProps) {
  const text = useWords(slotWords);
  const formats = useFormats();
  const { shortDay } = useRelativeFormats();
  const news = useSlotNews(slot);
  const look = lookOf(slot);
  const time = formats.time(slot.startsAt);
  const isHeld = look === "HELD" && slot.heldUntil !== null;
  const states = {
    OPEN: text.free,
    HELD: text.held,
    BOOKED: text.booked,
    KEPT: text.kept,
    MINE: text.mine,
  };
  const content = (
    <>
      <span className={`text-xs font-medium no-underline ${news ? "" : "truncate"}`}>
        {news ? (
          text[news]
        ) : isHeld ? (
          <Remaining until={slot.heldUntil ?? ""} />
        ) : (
          shortDay(slot.startsAt)
        )}
      </span>
      <span className={`text-control font-semibold ${look === "BOOKED" ? "line-through" : ""}`}>
        {time}
      </span>
      <span className="sr-only">, {states[look]}</span>
    </>
  );
  const className = `relative grid min-h-13 min-w-0 content-center justify-items-center rounded-sm border px-1 py-1.5 text-center no-underline! tabular-nums transition-colors duration-200 ${LOOK_CLASSES[look]} ${news ? NEWS_CLASSES[news] : ""}`;
  if (look !== "OPEN") return <span className={className}>{content}</span>;
  const chosen = new URLSearchParams({ day: formats.dateOf(slot.startsAt), slot: slot.id });
  return (
    <Link to={`${path}?${chosen}`} className={`${className} ${CHOOSABLE_CLASS}`}>
      {content}
    </Link>
  );
}

function Remaining({ until }: { until: string }) {
  const now = useNow(1_000);
  return (
    <span className="inline-flex items-center gap-1">
      <HoldRing until={until} now={now} />
      {formatRemaining(until, now)}
    </span>
  );
}
