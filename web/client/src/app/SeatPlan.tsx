import { Link } from "react-router";

import { Rating } from "../directory/Rating.tsx";
import { availabilityOf } from "../expert/days.ts";
import { FreeBar } from "../expert/FreeBar.tsx";
import { SlotLink } from "../expert/SlotLink.tsx";
import { lookOf } from "../expert/slotLooks.ts";
import type { Day, SlotTime } from "../expert/slots.ts";
import { slotWords } from "../expert/slotWords.ts";
import { useSlotNews } from "../expert/useSlotNews.ts";
import { useText, useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { dateFormat } from "../time/intl.ts";
import { HoldCountdown } from "../ui/HoldCountdown.tsx";
import { Icon } from "../ui/Icon.tsx";
import { landingWords } from "./landingWords.ts";

interface SeatPlanProps {
  expert: {
    readonly slug: string;
    readonly name: string;
    readonly title: string;
    readonly photoUrl: string;
    readonly rating: number | null;
    readonly reviewCount: number;
  };
  days: readonly Day[];
  /** The day whose slots are shown, such as 2026-12-01. */
  date: string;
  onDay?: ((date: string) => void) | undefined;
  /** Element that shows the state of the live connection. */
  badge?: React.ReactNode;
}

/** The slots of an expert on one day, with a row for each hour. */
export function SeatPlan({ expert, days, date, onDay, badge }: SeatPlanProps) {
  const text = useWords(landingWords);
  const path = `/experts/${expert.slug}`;
  const [firstName] = expert.name.split(" ");
  const slots = days.find((day) => day.date === date)?.slots ?? [];
  return (
    <section
      aria-label={text.calendar(expert.name)}
      className="seat-plan rounded-xl border p-4 shadow-3 sm:p-6"
    >
      <div className="flex items-center gap-4">
        <img
          src={expert.photoUrl}
          alt=""
          width={56}
          height={56}
          className="size-14 shrink-0 rounded-portrait bg-gone-bg"
        />
        <div className="min-w-0 flex-1">
          <p className="display text-lg wrap-anywhere">{expert.name}</p>
          <p className="flex flex-wrap items-center gap-x-3 text-sm text-muted">
            {expert.title} <Rating expert={expert} />
          </p>
        </div>
        {badge}
      </div>
      <Days days={days} date={date} onDay={onDay} />
      <ol className="mt-4 grid gap-2">
        {hoursOf(slots, useFormats().time).map(({ hour, label, slots, isAfterBreak }) => (
          <li key={hour} className="grid gap-2">
            {isAfterBreak && (
              <p className="text-center text-xs text-muted" aria-hidden>
                {text.pause}
              </p>
            )}
            <div className="flex items-center gap-2">
              <span aria-hidden className="w-8 shrink-0 text-right text-xs text-muted tabular-nums">
                {label}
              </span>
              <ul className="grid min-w-0 flex-1 auto-cols-fr grid-flow-col gap-2">
                {slots.map((slot) => (
                  <li key={slot.id} className="grid min-w-0">
                    <Seat slot={slot} path={path} isNarrow={slots.length > 2} />
                  </li>
                ))}
              </ul>
            </div>
          </li>
        ))}
      </ol>
      <div className="mt-4 flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-t border-line pt-4 text-sm text-muted">
        {text.realCalendar(firstName ?? expert.name)}
        <Link
          to={path}
          className="inline-flex min-h-6 items-center gap-2 font-semibold no-underline hover:underline"
        >
          {text.open}
          <Icon name="arrowRight" className="size-4" />
        </Link>
      </div>
    </section>
  );
}

function Days({ days, date, onDay }: Pick<SeatPlanProps, "days" | "date" | "onDay">) {
  const text = useWords(landingWords);
  const { locale } = useText();
  const formats = useFormats();
  const now = useNow(60_000);
  const inUtc = { timeZone: "UTC" } as const;
  return (
    <div
      role="group"
      aria-label={text.days}
      className="mt-4 grid auto-cols-fr grid-flow-col gap-1 sm:gap-2"
    >
      {days.map((day) => {
        const { all, free } = availabilityOf(day, now);
        const at = new Date(day.date);
        return (
          <button
            key={day.date}
            type="button"
            aria-pressed={day.date === date}
            onClick={() => onDay?.(day.date)}
            className="grid min-h-16 justify-items-center content-center gap-0.5 rounded-md text-muted hover:bg-soft aria-pressed:bg-accent aria-pressed:text-on-accent"
          >
            <span className="sr-only">
              {formats.day(day.date)}, {text.freeOf(formats.number(free), formats.number(all))}
            </span>
            <span aria-hidden className="text-xs">
              {dateFormat(locale, { ...inUtc, weekday: "short" }).format(at)}
            </span>
            <span aria-hidden className="font-semibold tabular-nums">
              {dateFormat(locale, { ...inUtc, day: "numeric" }).format(at)}
            </span>
            <FreeBar
              share={all ? free / all : 0}
              className={day.date === date ? "bg-on-accent/30" : "bg-line text-accent"}
            />
          </button>
        );
      })}
    </div>
  );
}

function Seat({ slot, path, isNarrow }: { slot: SlotTime; path: string; isNarrow: boolean }) {
  const text = useWords(slotWords);
  const formats = useFormats();
  const news = useSlotNews(slot);
  const look = lookOf(slot);
  return (
    <SlotLink
      slot={slot}
      path={path}
      news={news}
      className="flex min-h-9 items-center justify-center gap-2 text-sm pointer-coarse:min-h-11"
    >
      <span className={look === "BOOKED" && !news ? "line-through" : ""}>
        {formats.time(slot.startsAt)}
      </span>
      {news && !isNarrow && <span className="text-xs font-medium">{text[news]}</span>}
      {look === "HELD" && slot.heldUntil && !isNarrow && (
        <span aria-hidden className="text-xs">
          <HoldCountdown until={slot.heldUntil} />
        </span>
      )}
      {look === "HELD" && (
        <span
          aria-hidden
          className="absolute -top-2 -right-1.5 grid size-5 place-items-center rounded-full bg-now text-panel"
        >
          <Icon name="person" className="size-3" />
        </span>
      )}
      <span className="sr-only">, {text.states[look]}</span>
    </SlotLink>
  );
}

interface Hour {
  readonly hour: number;
  readonly label: string;
  readonly slots: readonly SlotTime[];
  /** Whether earlier hours have slots, but the hour just before this one has none. */
  readonly isAfterBreak: boolean;
}

const HOUR_MS = 3_600_000;

/** Group slots by the hour in which they start. */
function hoursOf(slots: readonly SlotTime[], time: (instant: string) => string): Hour[] {
  const hours: Hour[] = [];
  for (const slot of slots) {
    const hour = Math.floor(Date.parse(slot.startsAt) / HOUR_MS);
    const last = hours.at(-1);
    if (last?.hour === hour) {
      hours[hours.length - 1] = { ...last, slots: [...last.slots, slot] };
      continue;
    }
    const label = time(new Date(hour * HOUR_MS).toISOString()).replace(/:\d\d/, "");
    const isAfterBreak = last !== undefined && hour > last.hour + lengthOf(last);
    hours.push({ hour, label, slots: [slot], isAfterBreak });
  }
  return hours;
}

/** Return the number of hours from an hour's beginning to the end of its last slot, rounded up. */
function lengthOf({ hour, slots }: Hour): number {
  const end = Date.parse(slots.at(-1)?.endsAt ?? "");
  return Math.max(1, Math.ceil(end / HOUR_MS) - hour);
}
