import { parseDate } from "@internationalized/date";
import { type ReactNode, useMemo, useRef } from "react";
import { Link, useSearchParams } from "react-router";

import { Failure } from "../app/Failure.tsx";
import { Message } from "../app/Message.tsx";
import { type Viewer, useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { buttonClass } from "../ui/Button.tsx";
import { LiveBadge } from "../ui/LiveBadge.tsx";
import { useTitle } from "../ui/title.ts";
import { SelectedBooking } from "./SelectedBooking.tsx";
import { BookingsByDay } from "./BookingsByDay.tsx";
import { DeskCard } from "./DeskCard.tsx";
import { DeskSkeleton } from "./DeskSkeleton.tsx";
import { PastBookings } from "./PastBookings.tsx";
import { ShowMore } from "../ui/ShowMore.tsx";
import { NoExpert } from "./NoExpert.tsx";
import { useDeskList } from "./useDeskList.ts";
import { useAnnouncements } from "./useAnnouncements.ts";
import { deskWords } from "./words.ts";

/** Page `/desk`: the bookings of the viewer's own calendar. */
export default function DeskPage() {
  const text = useWords(deskWords);
  const { viewer } = useViewer();
  useTitle(text.title);
  if (!viewer) return null;
  return viewer.expert ? <Desk userId={viewer.id} expert={viewer.expert} /> : <NoExpert />;
}

interface DeskProps {
  userId: string;
  expert: NonNullable<Viewer["expert"]>;
}

function Desk({ userId, expert }: DeskProps) {
  const text = useWords(deskWords);
  const formats = useFormats();
  const { zone } = useTimePreferences();
  const today = formats.dateOf(new Date(useNow(60_000)));
  const since = useMemo(() => parseDate(today).toDate(zone).toISOString(), [today, zone]);
  const requests = useDeskList("requests", expert.id, since);
  const upcoming = useDeskList("upcoming", expert.id, since);
  const announcement = useAnnouncements({ expertId: expert.id, userId, today: since });
  const selectedId = useSearchParams()[0].get("booking");
  const title = useRef<HTMLHeadingElement>(null);
  // Focus the title: the card with the pressed button may have moved to another list.
  const onStepDone = () => title.current?.focus();

  return (
    <div className="grid gap-6 py-2 md:py-6">
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div>
          <h1 ref={title} tabIndex={-1} className="text-2xl outline-none">
            {text.title}
          </h1>
          <p className="text-muted">{text.zone(zone.replaceAll("_", " "))}</p>
        </div>
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <LiveBadge />
          <Link to="/desk/entry" className={buttonClass()}>
            {text.entry}
          </Link>
          <Link to="/desk/hours" className={buttonClass()}>
            {text.hours}
          </Link>
        </div>
      </div>
      <p role="status" className="sr-only">
        {announcement}
      </p>
      {selectedId ? (
        <SelectedBooking id={selectedId} onStepDone={onStepDone} />
      ) : (upcoming.error ?? requests.error) ? (
        <Failure
          retry={() => {
            upcoming.retry();
            requests.retry();
          }}
          isOffline
        />
      ) : !upcoming.bookings || !requests.bookings ? (
        <DeskSkeleton />
      ) : (
        <>
          {requests.bookings.length > 0 && (
            <Requests count={`${requests.bookings.length}${requests.hasMore ? "+" : ""}`}>
              {requests.bookings.map((booking) => (
                <DeskCard key={booking.id} booking={booking} showsDay onStepDone={onStepDone} />
              ))}
            </Requests>
          )}
          <ShowMore of={requests} />
          {upcoming.bookings.length > 0 && (
            <BookingsByDay bookings={upcoming.bookings} today={today} onStepDone={onStepDone} />
          )}
          <ShowMore of={upcoming} />
          {!upcoming.bookings.length && !requests.bookings.length && (
            <EmptyDesk slug={expert.slug} />
          )}
          <PastBookings expertId={expert.id} today={today} since={since} onStepDone={onStepDone} />
        </>
      )}
    </div>
  );
}

function Requests({ count, children }: { count: string; children: ReactNode }) {
  const text = useWords(deskWords);
  return (
    <section aria-labelledby="requests" className="grid gap-2">
      <h2 id="requests" className="flex items-center gap-2 text-lg">
        {text.requests}
        <span className="min-w-6 rounded-full border border-held bg-held-bg px-2 text-center text-sm text-held tabular-nums">
          {count}
        </span>
      </h2>
      <div className="divide-y divide-line rounded-lg border border-held bg-panel">{children}</div>
    </section>
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
