import { useEffect, useRef } from "react";
import { Link } from "react-router";

import { serverUrl } from "../api/server.ts";
import { PLACE_ICONS, PlaceDetails } from "../place/Place.tsx";
import { placeWords } from "../place/words.ts";
import { useViewer } from "../session/Viewer.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { Icon } from "../ui/Icon.tsx";
import type { Reserved } from "./useReservation.ts";
import { useWords } from "../text/text.tsx";
import { expertWords } from "./words.ts";

/** Confirmation of a booking, with its reference. */
export default function BookingConfirmation({
  booking,
  onBookAnother,
}: {
  booking: Reserved;
  onBookAnother: () => void;
}) {
  const text = useWords(expertWords);
  const formats = useFormats();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const places = useWords(placeWords);
  const { viewer } = useViewer();
  const now = useNow(60_000);
  const isPending = booking.status === "PENDING";

  return (
    <section
      aria-labelledby="booked"
      className="mx-auto grid max-w-[44rem] content-start gap-6 py-6 md:py-10"
    >
      <div className="flex items-center gap-5">
        <p
          aria-hidden
          className="grid size-14 shrink-0 place-items-center rounded-lg bg-accent text-on-accent"
        >
          <Icon name="check" className="size-7" />
        </p>
        <div className="grid gap-1">
          <h1 id="booked" ref={heading} tabIndex={-1} className="text-2xl outline-none">
            {isPending ? text.donePending : text.done}
          </h1>
          <p className="text-muted">
            {isPending ? text.donePendingBody(booking.expert.name) : text.doneBody}
          </p>
        </div>
      </div>
      <dl className="card grid grid-cols-[fit-content(30%)_minmax(0,1fr)] gap-x-4 gap-y-3 rounded-xl p-5 shadow-3 sm:gap-x-6 md:p-7">
        <dt className="text-muted">{text.when}</dt>
        <dd className="display text-lg first-letter:uppercase">
          {formats.moment(booking.startsAt)}
        </dd>
        <dt className="text-muted">{text.who}</dt>
        <dd>{booking.expert.name}</dd>
        <dt className="text-muted">{places.place}</dt>
        <dd className="grid gap-1 wrap-anywhere">
          <span className="inline-flex items-center gap-2">
            <Icon name={PLACE_ICONS[booking.place.kind]} className="size-4 text-accent" />
            {places.session[booking.place.kind](formats.minutes(booking.minutes))}
          </span>
          <span>
            <PlaceDetails place={booking.place} expertName={booking.expert.name} />
          </span>
        </dd>
        <dt className="text-muted">{text.cost}</dt>
        <dd>{formats.price(booking.price)}</dd>
        <dt className="text-muted">{text.deadline}</dt>
        <dd>
          {Date.parse(booking.cancellableUntil) > now
            ? text.changeableUntil(formats.moment(booking.cancellableUntil))
            : text.notCancellableNow}
        </dd>
        <dt className="text-muted">{text.reference}</dt>
        <dd className="font-semibold tabular-nums">{booking.reference}</dd>
      </dl>
      <div className="flex flex-wrap gap-3">
        <a href={serverUrl(booking.icsUrl)} download className={buttonClass("primary")}>
          {text.addToCalendar}
        </a>
        <Link to="/bookings" className={buttonClass()}>
          {text.toBookings}
        </Link>
        <Button kind="plain" onClick={onBookAnother}>
          {text.another}
        </Button>
      </div>
      {viewer && !viewer.hasPassword && (
        <p className="rounded-md bg-sunken px-4 py-3 text-sm text-muted">
          {text.comeBack}{" "}
          <Link to="/account" className="font-semibold">
            {text.choosePassword}
          </Link>
        </p>
      )}
    </section>
  );
}
