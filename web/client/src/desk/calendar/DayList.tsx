import type { DeskBookingFragment } from "../../api/gql/graphql.ts";
import { useText, useWords } from "../../text/text.tsx";
import { formats as formatsIn, useFormats } from "../../time/formats.ts";
import { dateFormat } from "../../time/intl.ts";
import { useTimePreferences } from "../../time/preferences.ts";
import { DeskCard } from "../DeskCard.tsx";
import { datesOf, type Segment, segmentsOf } from "./grid.ts";
import { calendarWords } from "./words.ts";

interface DayListProps {
  date: string;
  today: string;
  /** The bookings of the whole week, because each day of the week can be chosen. */
  bookings: readonly DeskBookingFragment[];
  open: ReadonlyMap<string, readonly Segment[]>;
  onDay: (date: string) => void;
  onStepDone: () => void;
}

/** Calendar for phones: the bookings of a day as a list, below a row with the days of its week. */
export function DayList({ date, today, bookings, open, onDay, onStepDone }: DayListProps) {
  const text = useWords(calendarWords);
  const formats = useFormats();
  const { locale } = useText();
  const { zone } = useTimePreferences();
  const booked = bookings.filter(({ status }) => status !== "HELD");
  const on = (day: string) =>
    booked.filter((booking) => segmentsOf(booking, zone).some((segment) => segment.date === day));
  const sessions = on(date).toSorted((one, other) => one.startsAt.localeCompare(other.startsAt));
  const part = (day: string, options: Intl.DateTimeFormatOptions) =>
    dateFormat(locale, { ...options, timeZone: "UTC" }).format(new Date(day));
  return (
    <>
      <div
        role="group"
        aria-label={text.days}
        className="grid grid-cols-7 border-y border-line px-1 py-2"
      >
        {datesOf("week", date, locale).map((day) => {
          const count = on(day).length;
          return (
            <button
              key={day}
              type="button"
              aria-pressed={day === date}
              aria-current={day === today ? "date" : undefined}
              onClick={() => onDay(day)}
              className="group grid justify-items-center gap-1 py-1 text-xs text-muted"
            >
              <span className="sr-only">
                {formats.day(day)}, {text.sessions(count)}
              </span>
              <span aria-hidden>{part(day, { weekday: "narrow" })}</span>
              <span
                aria-hidden
                className="relative grid size-10 place-items-center rounded-md text-base font-semibold text-text tabular-nums group-aria-pressed:bg-accent group-aria-pressed:text-on-accent"
              >
                {part(day, { day: "numeric" }).replace(/\D/g, "")}
                {day === today && (
                  <span className="absolute top-1 right-1 size-1.5 rounded-full bg-now group-aria-pressed:bg-on-accent" />
                )}
              </span>
              <span
                className={`size-1.5 rounded-full ${count ? "bg-accent" : open.get(day)?.length ? "bg-free-line" : "bg-transparent"}`}
              />
            </button>
          );
        })}
      </div>
      <p className="px-4 py-3 text-sm text-muted tabular-nums">
        <OpenHours segments={open.get(date) ?? []} />
      </p>
      {sessions.length ? (
        <div className="divide-y divide-line border-t border-line">
          {sessions.map((booking) => (
            <DeskCard key={booking.id} booking={booking} onStepDone={onStepDone} />
          ))}
        </div>
      ) : (
        <p className="border-t border-line px-4 py-10 text-center text-muted">{text.nothing}</p>
      )}
    </>
  );
}

function OpenHours({ segments }: { segments: readonly Segment[] }) {
  const text = useWords(calendarWords);
  const { locale } = useText();
  const { hourCycle } = useTimePreferences();
  if (!segments.length) return text.closed;
  // Minutes since midnight have no time zone, so format them as a time in UTC.
  const { time } = formatsIn(locale, { zone: "UTC", hourCycle });
  const clock = (minute: number) => time(new Date(minute * 60_000).toISOString());
  return text.openHours(segments.map(({ from, to }) => `${clock(from)} – ${clock(to)}`).join(", "));
}
