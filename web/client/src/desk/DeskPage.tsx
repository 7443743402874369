import { parseDate } from "@internationalized/date";
import { useQuery } from "@apollo/client/react";
import { useMemo, useRef, useState } from "react";
import { Link } from "react-router";

import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { Failure } from "../app/Failure.tsx";
import { Message } from "../app/Message.tsx";
import { WeekFigures } from "../figures/WeekFigures.tsx";
import { EXPERT_HOURS } from "../hours/availability.ts";
import { type Viewer, useViewer } from "../session/Viewer.tsx";
import { useText, useWords } from "../text/text.tsx";
import { addDays } from "../time/day.ts";
import { useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { useToday } from "../time/relativeMoment.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { Icon } from "../ui/Icon.tsx";
import { LiveBadge } from "../ui/LiveBadge.tsx";
import { ShowMore } from "../ui/ShowMore.tsx";
import { useTitle } from "../ui/title.ts";
import { BookingsByDay } from "./BookingsByDay.tsx";
import { BlockTimeDialog } from "./calendar/BlockTimeDialog.tsx";
import { Calendar } from "./calendar/Calendar.tsx";
import { datesOf } from "./calendar/grid.ts";
import { useDeskAddress } from "./calendar/useDeskAddress.ts";
import { calendarWords } from "./calendar/words.ts";
import { DeskSkeleton } from "./DeskSkeleton.tsx";
import { Greeting } from "./Greeting.tsx";
import { calendarVariables, firstPageVariables } from "./lists.ts";
import { NoExpert } from "./NoExpert.tsx";
import { PastBookings } from "./PastBookings.tsx";
import { Requests } from "./Requests.tsx";
import { SelectedBooking } from "./SelectedBooking.tsx";
import { useAllDeskBookings, useDeskBookings } from "./useDeskBookings.ts";
import { useDeskEvents } from "./useDeskEvents.ts";
import { deskWords } from "./words.ts";

/** Page `/desk`: the calendar of an expert, and the requests that wait for the expert's answer. */
export default function DeskPage() {
  const text = useWords(deskWords);
  const { viewer } = useViewer();
  useTitle(text.title);
  if (!viewer) return null;
  return viewer.expert ? <Desk viewer={viewer} expert={viewer.expert} /> : <NoExpert />;
}

interface DeskProps {
  viewer: Viewer;
  expert: NonNullable<Viewer["expert"]>;
}

function Desk({ viewer, expert }: DeskProps) {
  const { locale } = useText();
  const formats = useFormats();
  const address = useDeskAddress();
  const { view, views, selectedId, go } = address;
  const today = useToday();
  const date = address.date ?? today;
  const dates = useMemo(
    () => datesOf(view === "day" ? "day" : "week", date, locale),
    [view, date, locale],
  );
  const { requests, upcoming, past, week } = useLists(expert.id, today, date);
  const { announcement, freshId } = useDeskEvents({
    expertId: expert.id,
    userId: viewer.id,
    lists: [requests.variables, upcoming.variables, past, week.variables],
  });
  const title = useRef<HTMLHeadingElement>(null);
  // Focus the title, because the card with the pressed button may have moved to another list.
  const onStepDone = () => title.current?.focus();

  /** Select a booking, and show its day in the calendar. */
  function open(booking: DeskBookingFragment): void {
    go({ booking: booking.id, date: formats.dateOf(booking.startsAt) });
  }

  return (
    <div className="grid gap-6 py-2 md:py-6">
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
        <Greeting
          name={viewer.name}
          heading={title}
          upcoming={upcoming.bookings}
          requests={requests.bookings}
        />
        <DeskLinks expertId={expert.id} date={date < today ? today : date} />
      </div>
      <p role="status" className="sr-only">
        {announcement}
      </p>
      <div className="grid items-start gap-5 min-[70rem]:grid-cols-[minmax(0,1fr)_20.5rem]">
        <aside className="grid gap-5 md:max-[70rem]:grid-cols-2 min-[70rem]:order-last">
          {selectedId && (
            <SelectedBooking
              key={selectedId}
              id={selectedId}
              others={week.bookings}
              onStepDone={onStepDone}
              onMoved={(startsAt) => go({ date: formats.dateOf(startsAt) })}
              onClose={() => go({ booking: null })}
            />
          )}
          <WeekFigures
            expertId={expert.id}
            dates={datesOf("week", today, locale)}
            today={today}
            bookings={week.bookings}
          />
          {Boolean(requests.bookings?.length) && (
            <Requests
              requests={requests.bookings ?? []}
              hasMore={requests.hasMore}
              onOpen={open}
              onStepDone={onStepDone}
            />
          )}
        </aside>
        <Calendar
          expertId={expert.id}
          view={view}
          views={views}
          dates={dates}
          today={today}
          week={week}
          selectedId={selectedId}
          freshId={freshId}
          onView={(wanted, day) => go({ view: wanted, ...(day && { date: day }) })}
          onDate={(day) => go({ date: day === today ? null : day })}
          onOpen={(id) => go({ booking: id })}
          onStepDone={onStepDone}
        >
          {upcoming.error ? (
            <Failure retry={upcoming.retry} isOffline />
          ) : !upcoming.bookings ? (
            <DeskSkeleton />
          ) : (
            <>
              {upcoming.bookings.length ? (
                <BookingsByDay bookings={upcoming.bookings} today={today} onStepDone={onStepDone} />
              ) : (
                <EmptyDesk slug={expert.slug} />
              )}
              <ShowMore of={upcoming} />
              <PastBookings variables={past} today={today} onStepDone={onStepDone} />
            </>
          )}
        </Calendar>
      </div>
    </div>
  );
}

/** Load the desk's lists, except past bookings; return them with their query variables. */
function useLists(expertId: string, today: string, date: string) {
  const { locale } = useText();
  const { zone } = useTimePreferences();
  const variables = useMemo(() => {
    const since = parseDate(today).toDate(zone).toISOString();
    return {
      requests: firstPageVariables("requests", expertId, since),
      upcoming: firstPageVariables("upcoming", expertId, since),
      past: firstPageVariables("past", expertId, since),
    };
  }, [expertId, today, zone]);
  const dates = useMemo(() => datesOf("week", date, locale), [date, locale]);
  const ofWeek = useMemo(() => {
    const [first = date] = dates;
    const end = addDays(dates.at(-1) ?? date, 1);
    return calendarVariables(expertId, parseDate(first).toDate(zone), parseDate(end).toDate(zone));
  }, [expertId, dates, date, zone]);
  return {
    requests: { ...useDeskBookings(variables.requests), variables: variables.requests },
    upcoming: { ...useDeskBookings(variables.upcoming), variables: variables.upcoming },
    past: variables.past,
    week: { ...useAllDeskBookings(ofWeek), variables: ofWeek, dates },
  };
}

/** Links to the expert's entry and hours, a button to block time, and the connection's state. */
function DeskLinks({ expertId, date }: { expertId: string; date: string }) {
  const text = useWords(deskWords);
  const { block } = useWords(calendarWords);
  const { zone } = useTimePreferences();
  const [isBlocking, setBlocking] = useState(false);
  const hours = useQuery(EXPERT_HOURS, { variables: { id: expertId } }).data?.expert;
  return (
    <div className="grid w-full grid-cols-2 items-center gap-x-3 gap-y-2 sm:flex sm:w-auto sm:flex-wrap">
      <div className="max-sm:col-span-2">
        <LiveBadge />
      </div>
      <Link to="/desk/entry" className={buttonClass()}>
        {text.entry}
      </Link>
      <Link to="/desk/hours" className={buttonClass()}>
        <Icon name="sliders" className="size-4" />
        {text.hours}
      </Link>
      <Link to="/desk/reviews" className={buttonClass()}>
        {text.reviews}
      </Link>
      <Button kind="primary" onClick={() => setBlocking(true)}>
        <Icon name="plus" className="size-4" />
        {block.action}
      </Button>
      {isBlocking && (
        <BlockTimeDialog
          expertId={expertId}
          date={date}
          zone={hours?.timeZone ?? zone}
          onClose={() => setBlocking(false)}
        />
      )}
    </div>
  );
}

function EmptyDesk({ slug }: { slug: string }) {
  const text = useWords(deskWords);
  return (
    <div className="rounded-lg border border-dashed border-line">
      <Message heading="h2" title={text.empty} body={text.emptyBody}>
        <Link to="/desk/hours" className={buttonClass("primary")}>
          {text.hours}
        </Link>
        <Link to={`/experts/${slug}`} className={buttonClass()}>
          {text.openPage}
        </Link>
      </Message>
    </div>
  );
}
