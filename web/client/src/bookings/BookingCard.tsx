import type { FragmentType } from "@apollo/client";
import { useFragment } from "@apollo/client/react";
import { useId, useRef } from "react";
import { Link } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import type { BookingCardFragment } from "../api/gql/graphql.ts";
import { holdPath } from "../holds/holdPath.ts";
import { PlaceDetails, PlaceLabel } from "../place/Place.tsx";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { buttonClass } from "../ui/Button.tsx";
import { CountdownRing } from "../ui/CountdownRing.tsx";
import { Icon } from "../ui/Icon.tsx";
import { BookingActions } from "./BookingActions.tsx";
import { StatusBadge } from "./StatusBadge.tsx";
import { bookingsWords } from "./words.ts";

const BOOKING_CARD = graphql(`
  fragment BookingCard on Booking {
    id
    reference
    status
    startsAt
    endsAt
    minutes
    note
    createdAt
    heldUntil
    cancellableUntil
    icsUrl
    sequence
    reviewableUntil
    review {
      id
    }
    viewerActions
    place {
      kind
      details
    }
    price {
      amount
      currency
      decimals
    }
    expert {
      id
      slug
      name
      title
      photoUrl
    }
    history {
      at
      from
      to
      startsAt
      reason
      actor {
        id
        name
      }
    }
  }
`);

const STARS = [1, 2, 3, 4, 5];

interface BookingCardProps {
  booking: FragmentType<BookingCardFragment>;
  onRemoved: () => void;
}

/** A booking in the client's list, with the actions that the client can take. */
export function BookingCard({ booking: from, onRemoved }: BookingCardProps) {
  const { data: booking, complete } = useFragment({
    fragment: BOOKING_CARD,
    fragmentName: "BookingCard",
    from,
  });
  const text = useWords(bookingsWords);
  const name = useId();
  const card = useRef<HTMLElement>(null);
  const isHeld = complete && booking.status === "HELD";
  const now = useNow(isHeld ? 1_000 : 60_000);
  if (!complete) return null;
  const isUpcoming = Date.parse(booking.endsAt) > now;
  const hasHoldEnded = isHeld && Date.parse(booking.heldUntil ?? "") <= now;
  const status = hasHoldEnded ? "EXPIRED" : booking.status;

  return (
    <article
      ref={card}
      tabIndex={-1}
      aria-labelledby={name}
      data-booking={booking.reference}
      className={`grid grid-cols-[1fr_auto] gap-4 rounded-lg border border-line bg-panel p-4 outline-none transition-opacity duration-200 focus:border-accent starting:opacity-0 md:grid-cols-[11rem_1fr_auto] md:gap-x-6 md:p-6`}
    >
      <When booking={booking} isCancelled={status === "CANCELLED" || status === "EXPIRED"} />
      <div className="col-span-2 flex min-w-0 items-center gap-3 md:col-span-1">
        <img
          src={booking.expert.photoUrl}
          alt=""
          width={40}
          height={40}
          loading="lazy"
          className="size-10 shrink-0 rounded-portrait"
        />
        <div className="min-w-0">
          <h2 id={name}>
            <Link
              to={`/experts/${booking.expert.slug}`}
              className="text-text no-underline hover:underline"
            >
              {booking.expert.name}
            </Link>
          </h2>
          <p className="text-muted">{booking.expert.title}</p>
        </div>
      </div>
      <div className="col-start-2 row-start-1 md:col-start-3">
        <StatusBadge status={status} />
      </div>
      <div className="col-span-2 grid min-w-0 gap-4 md:col-start-2">
        {isUpcoming && (
          <p className="flex flex-wrap items-center gap-x-4 gap-y-1 wrap-anywhere">
            <PlaceLabel kind={booking.place.kind} />
            {(status === "PENDING" || status === "CONFIRMED") && (
              <PlaceDetails place={booking.place} expertName={booking.expert.name} />
            )}
          </p>
        )}
        {booking.note && (
          <p className="border-l-2 border-line pl-3 whitespace-pre-line text-muted wrap-anywhere">
            <span className="sr-only">{text.note}: </span>
            {booking.note}
          </p>
        )}
        {isHeld && !hasHoldEnded && <HoldNotice booking={booking} />}
        {isUpcoming && <Deadline booking={booking} now={now} />}
        <ReviewPrompt booking={booking} now={now} />
        <BookingActions
          booking={booking}
          isUpcoming={isUpcoming}
          onStepDone={() => card.current?.focus()}
          onRemoved={onRemoved}
        />
      </div>
    </article>
  );
}

function When({ booking, isCancelled }: { booking: BookingCardFragment; isCancelled: boolean }) {
  const text = useWords(bookingsWords);
  const formats = useFormats();
  const date = formats.dateOf(booking.startsAt);
  const isThisYear = date.slice(0, 4) === formats.dateOf(new Date()).slice(0, 4);
  return (
    <dl className="grid content-start gap-1 md:row-span-2">
      <dt className="sr-only">{text.when}</dt>
      <dd className={isCancelled ? "text-muted line-through" : ""}>
        <time dateTime={booking.startsAt}>
          <span className="block text-base font-semibold first-letter:uppercase">
            {formats.day(date)}
            {!isThisYear && ` ${date.slice(0, 4)}`}
          </span>
          <span className="block text-base tabular-nums">
            {formats.time(booking.startsAt)} – {formats.time(booking.endsAt)}
          </span>
        </time>
      </dd>
      <dt className="sr-only">
        {text.length}, {text.price}
      </dt>
      <dd className="text-muted">
        {formats.minutes(booking.minutes)} · {formats.price(booking.price)}
      </dd>
      <dt className="sr-only">{text.reference}</dt>
      <dd className="text-xs text-muted tabular-nums">{booking.reference}</dd>
    </dl>
  );
}

/** Stars that link to the form for a review, while the client can write one. */
function ReviewPrompt({ booking, now }: { booking: BookingCardFragment; now: number }) {
  const text = useWords(bookingsWords).review;
  const formats = useFormats();
  const until = booking.reviewableUntil;
  if (!until || booking.review || Date.parse(until) <= now) return null;
  const [firstName = ""] = booking.expert.name.split(" ");
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-md bg-sunken px-4 py-2 print:hidden">
      <div>
        <p className="font-semibold wrap-anywhere">{text.ask(firstName)}</p>
        <p className="text-xs text-muted">{text.until(formats.day(formats.dateOf(until)))}</p>
      </div>
      <p className="-mr-2 flex">
        {STARS.map((stars) => (
          <Link
            key={stars}
            to={`/bookings/${booking.id}?stars=${stars}#review`}
            aria-label={text.stars(stars, booking.expert.name)}
            className="grid size-11 place-items-center rounded-sm text-field hover:text-star"
          >
            <Icon name="star" className="size-7" />
          </Link>
        ))}
      </p>
    </div>
  );
}

/** Remaining time of a hold, with a link to complete the booking. */
function HoldNotice({ booking }: { booking: BookingCardFragment }) {
  const text = useWords(bookingsWords);
  const formats = useFormats();
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 rounded-md border border-free-line bg-free-bg p-3">
      <div className="flex items-center gap-3">
        <CountdownRing
          from={booking.createdAt}
          until={booking.heldUntil ?? booking.createdAt}
          label={text.keptFor}
          className="size-12"
        />
        <p className="font-semibold">{text.status.HELD}</p>
      </div>
      <Link to={holdPath(booking, formats)} className={buttonClass("primary")}>
        {text.finish}
      </Link>
    </div>
  );
}

function Deadline({ booking, now }: { booking: BookingCardFragment; now: number }) {
  const text = useWords(bookingsWords);
  const formats = useFormats();
  if (booking.status !== "PENDING" && booking.status !== "CONFIRMED") return null;
  const deadline = formats.moment(booking.cancellableUntil);
  const isOpen = Date.parse(booking.cancellableUntil) > now;
  return (
    <p className="text-xs text-muted">
      {booking.status === "PENDING" && `${text.toConfirm} `}
      {isOpen ? text.changeableUntil(deadline) : text.wasChangeable(deadline)}
    </p>
  );
}
