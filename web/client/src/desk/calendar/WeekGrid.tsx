import { type CSSProperties, useRef } from "react";

import type { DeskBookingFragment } from "../../api/gql/graphql.ts";
import type { SlotTime } from "../../expert/slots.ts";
import { useText, useWords } from "../../text/text.tsx";
import { useNow } from "../../time/clock.ts";
import { useFormats } from "../../time/formats.ts";
import { dateFormat } from "../../time/intl.ts";
import { useTimePreferences } from "../../time/preferences.ts";
import { CalendarEvent } from "./CalendarEvent.tsx";
import { hourHeight, hoursShown, joined, type Segment, segmentsOf } from "./grid.ts";
import { useDragToMove } from "./useDragToMove.ts";
import { calendarWords } from "./words.ts";

interface WeekGridProps {
  /** The dates to show, either one day or seven days. */
  dates: readonly string[];
  bookings: readonly DeskBookingFragment[];
  /** The expert's hours, keyed by date and converted to the reader's time zone. */
  open: ReadonlyMap<string, readonly Segment[]>;
  today: string;
  selectedId: string | null;
  freshId: string | undefined;
  onOpen: (id: string) => void;
  onDay: (date: string) => void;
  onMove: (booking: DeskBookingFragment, slot: SlotTime) => void;
}

interface Placed extends Segment {
  readonly booking: DeskBookingFragment;
}

/** Grid of days side by side, which shows the expert's hours, bookings and the present time. */
export function WeekGrid(props: WeekGridProps) {
  const { dates, bookings, open, today, selectedId, freshId, onOpen, onDay, onMove } = props;
  const text = useWords(calendarWords);
  const formats = useFormats();
  const { zone, hourCycle } = useTimePreferences();
  const now = useNow(60_000);
  const body = useRef<HTMLDivElement>(null);

  const placed: Placed[] = bookings
    .filter(({ heldUntil }) => !heldUntil || Date.parse(heldUntil) > now)
    .flatMap((booking) => segmentsOf(booking, zone).map((segment) => ({ ...segment, booking })))
    .filter(({ date }) => dates.includes(date));
  const { first, last } = hoursShown([...placed, ...dates.flatMap((date) => open.get(date) ?? [])]);
  const perHour = hourHeight(placed.map(({ booking }) => booking.minutes));
  const y = (minute: number) => ((minute - first * 60) / 60) * perHour;
  const hours = Array.from({ length: last - first }, (_, index) => first + index);
  const [present] = segmentsOf(momentAt(now), zone);

  const { drag, press, wasDragged } = useDragToMove({
    dates,
    zone,
    bookings,
    onDrop: onMove,
    at(clientX, clientY) {
      for (const column of body.current?.querySelectorAll<HTMLElement>("[data-date]") ?? []) {
        const box = column.getBoundingClientRect();
        if (clientX < box.left || clientX >= box.right) continue;
        const minute = first * 60 + ((clientY - box.top) / perHour) * 60;
        return { date: column.dataset.date ?? "", minute };
      }
      return undefined;
    },
  });

  function isEmpty(date: string): boolean {
    return !open.get(date)?.length && !placed.some((event) => event.date === date);
  }

  const columns = dates.map((date) =>
    dates.length > 1 && isEmpty(date) ? "minmax(0,0.5fr)" : "minmax(0,1fr)",
  );
  const grid: CSSProperties = { gridTemplateColumns: `3.25rem ${columns.join(" ")}` };

  return (
    <div className="select-none">
      {dates.length > 1 && (
        <div className="grid border-b border-line" style={grid}>
          <span />
          {dates.map((date) => (
            <DayHeading
              key={date}
              date={date}
              isToday={date === today}
              isPast={date < today}
              share={bookedShare(
                open.get(date) ?? [],
                placed.filter((event) => event.date === date),
              )}
              onShow={() => onDay(date)}
            />
          ))}
        </div>
      )}
      <div
        ref={body}
        className="relative grid overflow-hidden"
        style={{ ...grid, height: hours.length * perHour }}
      >
        <div aria-hidden className="relative text-xs text-faint tabular-nums">
          {hours.slice(1).map((hour) => (
            <span
              key={hour}
              className="absolute right-3 -translate-y-1/2"
              style={{ top: y(hour * 60) }}
            >
              {hourCycle === "h23" ? hour : `${hour % 12 || 12} ${hour < 12 ? "am" : "pm"}`}
            </span>
          ))}
        </div>
        {dates.map((date) => (
          <div key={date} data-date={date} className="hatched relative border-l border-line">
            {open.get(date)?.map(({ from, to }) => (
              <div
                key={from}
                className="absolute inset-x-0 bg-panel"
                style={{ top: y(from), height: y(to) - y(from) }}
              />
            ))}
            {drag?.targets &&
              joined(drag.targets.filter((target) => target.date === date)).map(({ from, to }) => (
                <div
                  key={from}
                  className="absolute inset-x-0 border-y border-free-line bg-free-bg"
                  style={{ top: y(from), height: y(to) - y(from) }}
                />
              ))}
            {hours.slice(1).map((hour) => (
              <div
                key={hour}
                className="absolute inset-x-0 border-t border-line"
                style={{ top: y(hour * 60) }}
              />
            ))}
            <ol aria-label={formats.day(date)}>
              {placed
                .filter((event) => event.date === date)
                .map(({ booking, from, to }) => {
                  const height = y(to) - y(from);
                  const canDrag = booking.viewerActions.includes("RESCHEDULE");
                  return (
                    <li
                      key={booking.id}
                      className="absolute inset-x-1 py-px"
                      style={{ top: y(from), height }}
                    >
                      <CalendarEvent
                        booking={booking}
                        height={height}
                        isOver={Date.parse(booking.endsAt) <= now}
                        isSelected={booking.id === selectedId}
                        isFresh={booking.id === freshId}
                        isDragged={booking.id === drag?.booking.id}
                        canDrag={canDrag}
                        onClick={({ detail }) => {
                          // A click by keyboard has `detail` 0; it cannot be the end of a drag.
                          if (!detail || !wasDragged()) onOpen(booking.id);
                        }}
                        onPointerDown={(event) => {
                          const top = event.currentTarget.getBoundingClientRect().top;
                          const grabbedAt = ((event.clientY - top) / perHour) * 60;
                          if (canDrag) press(event, booking, grabbedAt);
                        }}
                      />
                    </li>
                  );
                })}
            </ol>
            {drag?.target?.date === date && (
              <p
                aria-hidden
                className="pointer-events-none absolute inset-x-1 z-10 rounded-sm border-2 border-accent bg-soft px-2 text-[13px]/[18px] font-semibold text-accent shadow-2"
                style={{
                  top: y(drag.target.from),
                  height: y(drag.target.to) - y(drag.target.from),
                }}
              >
                {formats.time(drag.target.slot.startsAt)}
              </p>
            )}
            {present?.date === date && present.from >= first * 60 && present.from < last * 60 && (
              <p
                className="pointer-events-none absolute inset-x-0 z-10 border-t-2 border-now before:absolute before:-top-[5px] before:-left-[5px] before:size-2 before:rounded-full before:bg-now"
                style={{ top: y(present.from) }}
              >
                <span className="sr-only">
                  {text.now(formats.time(new Date(now).toISOString()))}
                </span>
              </p>
            )}
          </div>
        ))}
      </div>
      <p role="status" className="sr-only">
        {drag &&
          (drag.target ? text.dropAt(formats.moment(drag.target.slot.startsAt)) : text.noDrop)}
      </p>
    </div>
  );
}

interface DayHeadingProps {
  date: string;
  isToday: boolean;
  isPast: boolean;
  /** Share of the day's hours that is booked, from 0 to 1; undefined if the day has no hours. */
  share: number | undefined;
  onShow: () => void;
}

function DayHeading({ date, isToday, isPast, share, onShow }: DayHeadingProps) {
  const text = useWords(calendarWords);
  const formats = useFormats();
  const { locale } = useText();
  const part = (options: Intl.DateTimeFormatOptions) =>
    dateFormat(locale, { ...options, timeZone: "UTC" }).format(new Date(date));
  return (
    <h3
      aria-current={isToday ? "date" : undefined}
      className={`border-l border-line text-center ${isToday ? "bg-free-bg text-accent" : isPast || share === undefined ? "text-muted" : ""}`}
    >
      <button
        type="button"
        onClick={onShow}
        className="grid w-full justify-items-center gap-0.5 py-2.5 font-normal tracking-normal hover:underline focus-visible:-outline-offset-2"
      >
        <span className="sr-only">
          {formats.day(date)}: {text.showDay}
        </span>
        <span aria-hidden className="font-sans text-[13px]/[18px]">
          {part({ weekday: "short" })}
        </span>
        <span aria-hidden className="text-[17px]/[22px] font-semibold">
          {part({ day: "numeric" }).replace(/\D/g, "")}
        </span>
        <span className="mt-0.5 h-1 w-8 overflow-hidden rounded-full">
          {share !== undefined && (
            <span className="block size-full bg-line">
              <span className="block h-full bg-accent" style={{ width: `${share * 100}%` }} />
            </span>
          )}
        </span>
      </button>
    </h3>
  );
}

/** Return the share of a day's hours that is booked; undefined if the day has no hours. */
function bookedShare(open: readonly Segment[], booked: readonly Segment[]): number | undefined {
  const length = (segments: readonly Segment[]) =>
    segments.reduce((sum, { from, to }) => sum + to - from, 0);
  const total = length(open);
  return total ? Math.min(1, length(booked) / total) : undefined;
}

/** Return a span of one minute that begins at `now`. */
function momentAt(now: number): { startsAt: string; endsAt: string } {
  return {
    startsAt: new Date(now).toISOString(),
    endsAt: new Date(now + 60_000).toISOString(),
  };
}
