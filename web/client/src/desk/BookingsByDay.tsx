import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { addDays } from "../time/day.ts";
import { useFormats } from "../time/formats.ts";
import { groupByDay } from "./days.ts";
import { DeskCard } from "./DeskCard.tsx";
import { deskWords } from "./words.ts";

interface BookingsByDayProps {
  bookings: readonly DeskBookingFragment[];
  /** Today's date in the reader's time zone, such as 2026-11-21. */
  today: string;
  onStepDone: () => void;
}

/** Bookings grouped by day; the heading of the present day is highlighted. */
export function BookingsByDay({ bookings, today, onStepDone }: BookingsByDayProps) {
  const text = useWords(deskWords);
  const formats = useFormats();
  const tomorrow = addDays(today, 1);
  return groupByDay(bookings, formats.dateOf).map(({ date, bookings }) => (
    <section key={date} aria-labelledby={`day-${date}`} className="grid gap-2">
      <h2 id={`day-${date}`} className="flex items-center gap-2 text-lg">
        {(date === today || date === tomorrow) && (
          <span
            className={`rounded-full px-2 py-1 text-xs font-medium ${date === today ? "bg-accent text-on-accent" : "bg-soft text-text"}`}
          >
            {date === today ? text.today : text.tomorrow}
          </span>
        )}
        <span className="first-letter:uppercase">
          {formats.day(date)}
          {date.slice(0, 4) !== today.slice(0, 4) && ` ${date.slice(0, 4)}`}
        </span>
      </h2>
      <div
        className={`divide-y divide-line rounded-lg border bg-panel ${date === today ? "border-accent" : "border-line"}`}
      >
        {bookings.map((booking) => (
          <DeskCard key={booking.id} booking={booking} onStepDone={onStepDone} />
        ))}
      </div>
    </section>
  ));
}
