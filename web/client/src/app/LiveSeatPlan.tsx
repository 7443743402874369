import { useQuery, useSubscription } from "@apollo/client/react";
import { useEffect, useState } from "react";

import { graphql } from "../api/gql/gql.ts";
import { byDay } from "../expert/days.ts";
import { type Day, type SlotTime, upcomingSlots } from "../expert/slots.ts";
import { CALENDAR_CHANGED } from "../expert/useCalendar.ts";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { Icon } from "../ui/Icon.tsx";
import { LiveBadge } from "../ui/LiveBadge.tsx";
import type { Hero } from "./hero.ts";
import { landingWords } from "./landingWords.ts";
import { SeatPlan } from "./SeatPlan.tsx";

const SEATS = graphql(`
  query Seats($id: ID!, $from: DateTime!, $to: DateTime!) {
    expert(id: $id) {
      id
      slots(from: $from, to: $to) {
        ...SlotTime @unmask
      }
    }
  }
`);

const NEWS_MS = 8_000;

interface LiveSeatPlanProps {
  hero: Hero<Parameters<typeof SeatPlan>[0]["expert"] & { id: string; cursor: string }>;
  /** Span of time whose slots have been loaded into the cache. */
  span: { from: string; to: string };
}

/** Live calendar of a real expert, with a chip that shows the last change of a slot. */
export function LiveSeatPlan({ hero, span }: LiveSeatPlanProps) {
  const { expert } = hero;
  const formats = useFormats();
  const [date, setDate] = useState(hero.date);
  // Keep the first cursor, because a later one would restart the subscription.
  const [after] = useState(expert.cursor);
  useSubscription(CALENDAR_CHANGED, {
    variables: { expertId: expert.id, after },
    ignoreResults: true,
  });
  const { data } = useQuery(SEATS, {
    variables: { id: expert.id, ...span },
    fetchPolicy: "cache-only",
  });
  const now = useNow(60_000);
  const dates = new Set(hero.days.map((day) => day.date));
  const days = data?.expert
    ? byDay(data.expert.slots, formats).filter((day) => dates.has(day.date))
    : hero.days;
  return (
    <div className="relative">
      <News days={days} />
      <SeatPlan
        expert={expert}
        days={days.map((day) => ({ ...day, slots: upcomingSlots(day.slots, now) }))}
        date={date}
        onDay={setDate}
        badge={<LiveBadge />}
      />
    </div>
  );
}

/** Chip that shows the latest change of a slot by somebody else. */
function News({ days }: { days: readonly Day[] }) {
  const text = useWords(landingWords);
  const formats = useFormats();
  const slot = useLastChange(days);
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute -top-6 right-2 z-10 transition-opacity duration-200 xl:-right-8"
      style={{ opacity: slot ? 1 : 0 }}
    >
      {slot && (
        <p className="flex items-center gap-3 rounded-md border border-line bg-raised px-4 py-3 text-sm font-medium shadow-3">
          <span className="grid size-8 place-items-center rounded-sm bg-held-bg text-held">
            <Icon name="person" className="size-4" />
          </span>
          {text.news[slot.status](formats.time(slot.startsAt))}
        </p>
      )}
    </div>
  );
}

/** Return the slot that somebody else changed last, for a few seconds after the change. */
function useLastChange(days: readonly Day[]): SlotTime | undefined {
  const slots = days.flatMap((day) => day.slots);
  const [known, setKnown] = useState(() => new Map(slots.map((slot) => [slot.id, slot.status])));
  const [changed, setChanged] = useState<SlotTime>();
  const news = slots.filter(({ id, status }) => known.has(id) && known.get(id) !== status);
  if (news.length > 0) {
    setKnown(new Map(slots.map((slot) => [slot.id, slot.status])));
    setChanged(news.find(({ mine }) => !mine));
  }
  useEffect(() => {
    if (!changed) return;
    const timer = setTimeout(() => setChanged(undefined), NEWS_MS);
    return () => clearTimeout(timer);
  }, [changed]);
  return changed;
}
