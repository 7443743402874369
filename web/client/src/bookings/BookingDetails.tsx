import { lazy, type ReactNode, Suspense, useEffect, useId, useRef, useState } from "react";
import { Link, useLocation, useNavigate, useSearchParams } from "react-router";

import type { BookingDetailsFragment } from "../api/gql/graphql.ts";
import { PLACE_ICONS } from "../place/Place.tsx";
import { placeWords } from "../place/words.ts";
import type { Viewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { useRelativeFormats } from "../time/relativeMoment.ts";
import { buttonClass } from "../ui/Button.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { toast } from "../ui/toast.tsx";
import { AddToCalendar } from "./AddToCalendar.tsx";
import { DateLeaf } from "./DateLeaf.tsx";
import { JoinSession } from "./JoinSession.tsx";
import { bookingPageWords } from "./pageWords.ts";
import { StatusBadge } from "./StatusBadge.tsx";
import { StepButtons } from "./StepButtons.tsx";
import { Timeline } from "./Timeline.tsx";
import { bookingsWords } from "./words.ts";

const BookingReview = lazy(() => import("../reviews/BookingReview.tsx"));

interface BookingDetailsProps {
  booking: BookingDetailsFragment;
  viewer: Viewer;
}

/** The details of a booking, and the actions that its client can take. */
export function BookingDetails({ booking, viewer }: BookingDetailsProps) {
  const text = useWords(bookingPageWords);
  const now = useNow(60_000);
  const heading = useRef<HTMLHeadingElement>(null);
  const [parameters] = useSearchParams();
  const stars = [1, 2, 3, 4, 5].find((each) => each === Number(parameters.get("stars")));
  const isOwn = booking.client.id === viewer.id;
  const isUpcoming =
    (booking.status === "PENDING" || booking.status === "CONFIRMED") &&
    Date.parse(booking.endsAt) > now;
  return (
    <article className="grid gap-6 py-4 md:py-8 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="grid justify-items-start gap-4 lg:col-span-2">
        <Link
          to="/bookings"
          className="inline-flex min-h-8 items-center gap-2 text-sm text-muted no-underline hover:text-text pointer-coarse:min-h-11 print:hidden"
        >
          <Icon name="chevronLeft" className="size-4" />
          {text.all}
        </Link>
        <Title booking={booking} isOwn={isOwn} heading={heading} />
      </div>
      <div className="grid content-start gap-6">
        <section
          aria-label={text.yourSession}
          className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-panel shadow-3"
        >
          <Session booking={booking} />
          {isOwn && isUpcoming && <JoinSession booking={booking} />}
          {isUpcoming && <AddToCalendar booking={booking} />}
        </section>
        {booking.status === "COMPLETED" && (
          <Suspense fallback={null}>
            <BookingReview
              bookingId={booking.id}
              expert={booking.expert}
              isOwn={isOwn}
              stars={stars}
            />
          </Suspense>
        )}
        <div className="grid gap-6 sm:grid-cols-2">
          <Changes booking={booking} isUpcoming={isUpcoming} now={now} heading={heading} />
          {booking.note && (
            <Card title={text.note(booking.expert.name)}>
              <p className="whitespace-pre-line text-muted wrap-anywhere">{booking.note}</p>
            </Card>
          )}
        </div>
      </div>
      <div className="grid content-start gap-6">
        <Timeline booking={booking} viewerId={viewer.id} />
        {isOwn && !viewer.hasPassword && (
          <section
            aria-labelledby="come-back"
            className="grid justify-items-start gap-3 rounded-lg border border-line bg-sunken p-5 md:p-7 print:hidden"
          >
            <h2 id="come-back" className="text-lg">
              {text.comeBack}
            </h2>
            <p className="text-muted">{text.comeBackBody}</p>
            <Link to="/account" className={buttonClass()}>
              {text.choosePassword}
            </Link>
          </section>
        )}
      </div>
    </article>
  );
}

interface TitleProps {
  booking: BookingDetailsFragment;
  isOwn: boolean;
  heading: React.RefObject<HTMLHeadingElement | null>;
}

/** The title of the page, which also confirms a booking or request that has just been made. */
function Title({ booking, isOwn, heading }: TitleProps) {
  const text = useWords(bookingPageWords);
  const { isNew, isMoved } = useArrival();
  useEffect(() => {
    if (isNew || isMoved) heading.current?.focus();
  }, [isNew, isMoved, heading]);
  const { expert, client, contact } = booking;
  const isPending = booking.status === "PENDING";
  const isCelebrated = isNew && (isPending || booking.status === "CONFIRMED");
  const [firstName = ""] = (contact?.name ?? client.name).split(" ");
  return (
    <div className="flex items-center gap-5">
      {isCelebrated && (
        <p
          aria-hidden
          className={`grid size-12 shrink-0 place-items-center rounded-md ring-6 sm:size-16 sm:rounded-lg sm:ring-8 ${isPending ? "bg-held-bg text-held ring-held-bg/50" : "bg-accent text-on-accent ring-accent/15"}`}
        >
          <Icon
            name={isPending ? "clock" : "check"}
            className={`size-7 sm:size-9 ${isPending ? "" : "drawn"}`}
          />
        </p>
      )}
      <div className="grid min-w-0 gap-1">
        <h1 ref={heading} tabIndex={-1} className="text-2xl outline-none wrap-anywhere">
          {isCelebrated
            ? isPending
              ? text.requested(firstName)
              : text.booked(firstName)
            : isOwn
              ? text.title(expert.name)
              : text.titleOfOther(contact?.name ?? client.name, expert.name)}
        </h1>
        {isCelebrated && (
          <p className="text-base text-muted wrap-anywhere">
            {isPending ? text.requestedBody(expert.name) : text.bookedBody(contact?.email ?? "")}
          </p>
        )}
      </div>
    </div>
  );
}

/** Return whether the booking has just been made or moved; after a reload, neither is true. */
function useArrival(): { isNew?: boolean; isMoved?: boolean } {
  const location = useLocation();
  const { pathname } = location;
  const state = location.state as { isNew?: boolean; isMoved?: boolean } | null;
  const navigate = useNavigate();
  const [arrival] = useState(state ?? {});
  const isRemembered = state !== null;
  useEffect(() => {
    if (isRemembered) void navigate(pathname, { replace: true, state: null });
  }, [isRemembered, navigate, pathname]);
  return arrival;
}

function Session({ booking }: { booking: BookingDetailsFragment }) {
  const text = useWords(bookingPageWords);
  const words = useWords(bookingsWords);
  const places = useWords(placeWords);
  const formats = useFormats();
  const relative = useRelativeFormats();
  const { zone } = useTimePreferences();
  const now = useNow(60_000);
  const { expert, status, startsAt, endsAt } = booking;
  const isOff = status === "CANCELLED" || status === "EXPIRED" || status === "HELD";
  const isOver = isOff || Date.parse(endsAt) <= now;
  return (
    <div className="grid gap-6 p-5 md:p-8">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-4">
        <DateLeaf instant={startsAt} isOver={isOver} />
        <div className="grid min-w-0 flex-1 gap-1 max-sm:order-last max-sm:basis-full">
          <p
            className={`display text-xl sm:text-[34px]/[40px] ${isOff ? "text-muted line-through" : ""}`}
          >
            <time dateTime={startsAt}>
              <span className="sr-only">{formats.day(formats.dateOf(startsAt))}, </span>
              {formats.time(startsAt)} – {formats.time(endsAt)}
            </time>
          </p>
          <p className="text-sm text-muted">
            {text.relativeInZone(relative.day(startsAt), zone.replaceAll("_", " "))}
          </p>
          <div className="mt-3 flex items-center gap-3">
            <img
              src={expert.photoUrl}
              alt=""
              width={48}
              height={48}
              className="size-12 shrink-0 rounded-portrait bg-gone-bg"
            />
            <div className="min-w-0">
              <Link
                to={`/experts/${expert.slug}`}
                className="font-semibold text-text no-underline wrap-anywhere hover:underline"
              >
                {expert.name}
              </Link>
              <p className="text-sm text-muted wrap-anywhere">{expert.title}</p>
            </div>
          </div>
        </div>
        <div className="ml-auto">
          <StatusBadge status={status === "HELD" ? "EXPIRED" : status} />
        </div>
      </div>
      <dl className="flex flex-wrap items-center gap-x-6 gap-y-3 border-t border-line pt-6">
        <Fact icon={PLACE_ICONS[booking.place.kind]} label={places.place}>
          {places.session[booking.place.kind](formats.minutes(booking.minutes))}
        </Fact>
        <Fact icon="receipt" label={text.price}>
          {formats.price(booking.price)}
        </Fact>
        <Fact icon="hash" label={words.reference}>
          <span className="tabular-nums" data-reference>
            {booking.reference}
          </span>
          <CopyButton text={booking.reference} />
        </Fact>
      </dl>
    </div>
  );
}

function Fact({ icon, label, children }: { icon: IconName; label: string; children: ReactNode }) {
  return (
    <div className="flex items-center gap-2">
      <dt>
        <Icon name={icon} className="size-5 text-accent" />
        <span className="sr-only">{label}</span>
      </dt>
      <dd className="flex items-center gap-1">{children}</dd>
    </div>
  );
}

function CopyButton({ text: copied }: { text: string }) {
  const text = useWords(bookingPageWords);
  // `navigator.clipboard` is undefined unless the page was loaded over HTTPS or from localhost.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- see above
  if (!navigator.clipboard) return null;
  return (
    <button
      type="button"
      aria-label={text.copy}
      onClick={() => {
        void navigator.clipboard.writeText(copied).then(() => toast(text.copied));
      }}
      className="grid size-8 place-items-center rounded-xs text-muted hover:text-text pointer-coarse:size-11 print:hidden"
    >
      <Icon name="copy" className="size-4" />
    </button>
  );
}

interface ChangesProps {
  booking: BookingDetailsFragment;
  isUpcoming: boolean;
  now: number;
  heading: React.RefObject<HTMLHeadingElement | null>;
}

/** Actions for a booking; until the deadline, these include moving and cancelling. */
function Changes({ booking, isUpcoming, now, heading }: ChangesProps) {
  const text = useWords(bookingPageWords);
  const words = useWords(bookingsWords);
  const formats = useFormats();
  const navigate = useNavigate();
  const isChangeable = Date.parse(booking.cancellableUntil) > now;
  return (
    <Card title={isUpcoming ? text.change : text.over}>
      {isUpcoming && (
        <p className="text-muted">
          {isChangeable ? (
            <>
              {text.changeableUntil}{" "}
              <strong className="font-semibold text-text">
                {formats.moment(booking.cancellableUntil)}
              </strong>
              .
            </>
          ) : (
            text.notChangeable
          )}
        </p>
      )}
      <div className="flex flex-wrap gap-2 print:hidden">
        {booking.viewerActions.includes("RESCHEDULE") && (
          <Link to={`/bookings/${booking.id}/reschedule`} className={buttonClass()}>
            <Icon name="calendarMove" className="size-4" />
            {text.move}
          </Link>
        )}
        {!isUpcoming && (
          <Link to={`/experts/${booking.expert.slug}`} className={buttonClass()}>
            {text.again(booking.expert.name)}
          </Link>
        )}
        <StepButtons
          booking={booking}
          label={(step) => (step === "CANCEL" ? text.cancel : words.actions[step])}
          kind={(step) => (step === "CANCEL" ? "danger" : undefined)}
          onStepDone={() => heading.current?.focus()}
          onRemoved={() => void navigate("/bookings", { replace: true })}
        />
      </div>
    </Card>
  );
}

function Card({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className="card grid content-start gap-3 p-5 sm:only:col-span-2 md:p-7"
    >
      <h2 id={id} className="text-lg wrap-anywhere">
        {title}
      </h2>
      {children}
    </section>
  );
}
