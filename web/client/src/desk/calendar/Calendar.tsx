import { useQuery } from "@apollo/client/react";
import { type ReactNode, useId, useMemo, useState } from "react";

import type { DeskBookingFragment } from "../../api/gql/graphql.ts";
import { Failure } from "../../app/Failure.tsx";
import type { SlotTime } from "../../expert/slots.ts";
import { EXPERT_HOURS } from "../../hours/availability.ts";
import { useWords } from "../../text/text.tsx";
import { useTimePreferences } from "../../time/preferences.ts";
import { SkeletonBlock } from "../../ui/SkeletonBlock.tsx";
import { useMedia } from "../../ui/useMedia.ts";
import type { DeskBookings } from "../useDeskBookings.ts";
import { CalendarHeader } from "./CalendarHeader.tsx";
import { DayList } from "./DayList.tsx";
import { MoveDialog } from "./MoveDialog.tsx";
import { openSegments, type Segments } from "./openHours.ts";
import type { DeskView } from "./useDeskAddress.ts";
import { WeekGrid } from "./WeekGrid.tsx";
import { calendarWords } from "./words.ts";

interface CalendarProps {
  expertId: string;
  view: DeskView;
  views: readonly DeskView[];
  /** The days that the view shows. */
  dates: readonly string[];
  today: string;
  week: DeskBookings & { readonly dates: readonly string[] };
  selectedId: string | null;
  freshId: string | undefined;
  onView: (view: DeskView, date?: string) => void;
  onDate: (date: string) => void;
  onOpen: (id: string) => void;
  onStepDone: () => void;
  /** The list of bookings, which the list view shows instead of the calendar. */
  children: ReactNode;
}

interface Move {
  readonly booking: DeskBookingFragment;
  readonly slot: SlotTime;
}

/** The expert's calendar: one or seven days side by side or, on phones, a list of one day. */
export function Calendar(props: CalendarProps) {
  const { expertId, view, views, dates, today, week, selectedId, freshId, children } = props;
  const { onView, onDate, onOpen, onStepDone } = props;
  const id = useId();
  const { zone } = useTimePreferences();
  const isWide = useMedia("(min-width: 48rem)");
  const [move, setMove] = useState<Move>();
  const hours = useQuery(EXPERT_HOURS, {
    variables: { id: expertId },
    fetchPolicy: "cache-and-network",
  }).data?.expert;
  const weekDates = week.dates;
  const open: Segments = useMemo(
    () => (hours ? openSegments(hours.availability, hours.timeZone, weekDates, zone) : new Map()),
    [hours, weekDates, zone],
  );

  return (
    <section aria-labelledby={id} className={view === "list" ? "grid gap-6" : "card shadow-2"}>
      <CalendarHeader
        id={id}
        view={view}
        views={views}
        dates={dates}
        today={today}
        onView={onView}
        onDate={onDate}
      />
      {view === "list" ? (
        children
      ) : week.error ? (
        <Failure retry={week.retry} isOffline />
      ) : !week.bookings || !hours ? (
        <SkeletonBlock className="m-5 h-112 rounded-md" />
      ) : isWide ? (
        <>
          <div className="border-t border-line">
            <WeekGrid
              dates={dates}
              bookings={week.bookings}
              open={open}
              today={today}
              selectedId={selectedId}
              freshId={freshId}
              onOpen={onOpen}
              onDay={(date) => onView("day", date)}
              onMove={(booking, slot) => setMove({ booking, slot })}
            />
          </div>
          <Legend />
        </>
      ) : (
        <DayList
          date={dates[0] ?? today}
          today={today}
          bookings={week.bookings}
          open={open}
          onDay={onDate}
          onStepDone={onStepDone}
        />
      )}
      {move && (
        <MoveDialog
          booking={move.booking}
          slot={move.slot}
          others={week.bookings}
          onMoved={() => setMove(undefined)}
          onClose={() => setMove(undefined)}
        />
      )}
    </section>
  );
}

function Legend() {
  const text = useWords(calendarWords);
  const entries = [
    ["border-free-line bg-soft", text.legend.confirmed],
    ["border-dashed border-held-line bg-held-bg", text.legend.request],
    ["border-transparent bg-gone-bg", text.legend.over],
    ["hatched border-line", text.legend.outside],
  ] as const;
  return (
    <ul className="flex flex-wrap gap-x-5 gap-y-1 border-t border-line px-5 py-4 text-[13px]/[18px] text-muted">
      {entries.map(([look, name]) => (
        <li key={name} className="flex items-center gap-2">
          <span aria-hidden className={`size-4 rounded-xs border ${look}`} />
          {name}
        </li>
      ))}
    </ul>
  );
}
