import { lazy, Suspense, useRef } from "react";
import { Link, useSearchParams } from "react-router";

import { Failure } from "../app/Failure.tsx";
import { appWords } from "../app/words.ts";
import { useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useTimePreferences } from "../time/preferences.ts";
import { buttonClass } from "../ui/Button.tsx";
import { LiveBadge } from "../ui/LiveBadge.tsx";
import { ShowMore } from "../ui/ShowMore.tsx";
import { useTitle } from "../ui/title.ts";
import { BookingCard } from "./BookingCard.tsx";
import { type View, parseView, VIEWS } from "./lists.ts";
import { BookingsSkeleton } from "./BookingsSkeleton.tsx";
import { useBookings } from "./useBookings.ts";
import { bookingsWords } from "./words.ts";

const WaitingLists = lazy(() => import("../waiting/WaitingLists.tsx"));

/** Page `/bookings`: the viewer's upcoming, past and cancelled bookings. */
export default function BookingsPage() {
  const text = useWords(bookingsWords);
  const { viewer } = useViewer();
  const { zone } = useTimePreferences();
  const [parameters] = useSearchParams();
  const view = parseView(parameters.get("view"));
  if (!viewer) return null;
  return (
    <div className="grid gap-6 py-2 md:py-6">
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-2">
        <div>
          <h1 className="text-2xl">{text.title}</h1>
          <p className="text-muted">{text.zone(zone.replaceAll("_", " "))}</p>
        </div>
        <div className="print:hidden">
          <LiveBadge />
        </div>
      </div>
      <nav
        aria-label={text.title}
        className="flex gap-6 overflow-x-auto border-b border-line print:hidden"
      >
        {VIEWS.map((each) => (
          <Link
            key={each}
            to={each === "coming" ? "/bookings" : `/bookings?view=${each}`}
            aria-current={each === view ? "page" : undefined}
            className="-mb-px inline-flex h-10 pointer-coarse:h-11 items-center border-b-2 border-transparent font-medium text-muted no-underline hover:text-text focus-visible:-outline-offset-2 aria-[current=page]:border-accent aria-[current=page]:text-text"
          >
            {text.views[each]}
          </Link>
        ))}
      </nav>
      {view === "coming" && (
        <Suspense>
          <WaitingLists />
        </Suspense>
      )}
      <List key={view} view={view} clientId={viewer.id} />
    </div>
  );
}

function List({ view, clientId }: { view: View; clientId: string }) {
  const text = useWords(bookingsWords);
  const { errors } = useWords(appWords);
  const listState = useBookings(view, clientId);
  const { bookings, error, retry } = listState;
  const list = useRef<HTMLElement>(null);
  useTitle(error ? errors.title : text.title);

  if (error) return <Failure retry={retry} isOffline />;
  if (!bookings) return <BookingsSkeleton />;
  return (
    <section
      ref={list}
      aria-label={text.views[view]}
      tabIndex={-1}
      className="grid gap-4 outline-none"
    >
      {bookings.map((booking) => (
        <BookingCard key={booking.id} booking={booking} onRemoved={() => list.current?.focus()} />
      ))}
      {!bookings.length && <EmptyList view={view} />}
      <ShowMore of={listState} />
    </section>
  );
}

function EmptyList({ view }: { view: View }) {
  const text = useWords(bookingsWords);
  return (
    <div className="grid justify-items-center gap-3 rounded-lg border border-dashed border-line px-6 py-12 text-center">
      <h2 className="text-lg">{text.empty[view]}</h2>
      <p className="max-w-form text-muted text-balance">{text.emptyBody[view]}</p>
      {view === "coming" && (
        <Link to="/experts" className={buttonClass("primary")}>
          {text.findExperts}
        </Link>
      )}
    </div>
  );
}
