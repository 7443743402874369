import { useEffect, useRef } from "react";
import { Link } from "react-router";

import { useFormats } from "../time/formats.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import type { Reserved } from "./useReservation.ts";
import { useWords } from "../text/text.tsx";
import { expertWords } from "./words.ts";

/** Confirmation of a booking, with its reference. */
export function BookingConfirmation({
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
  const isPending = booking.status === "PENDING";

  return (
    <section aria-labelledby="booked" className="grid max-w-form content-start gap-6">
      <div className="grid gap-1">
        <p
          aria-hidden
          className="grid size-12 place-items-center rounded-full bg-soft text-lg text-accent"
        >
          ✓
        </p>
        <h2 id="booked" ref={heading} tabIndex={-1} className="text-lg outline-none">
          {isPending ? text.donePending : text.done}
        </h2>
        <p className="text-muted">{isPending ? text.donePendingBody : text.doneBody}</p>
      </div>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 border-y border-line py-4">
        <dt className="text-muted">{text.when}</dt>
        <dd className="first-letter:uppercase">{formats.moment(booking.startsAt)}</dd>
        <dt className="text-muted">{text.length}</dt>
        <dd>{formats.minutes(booking.minutes)}</dd>
        <dt className="text-muted">{text.who}</dt>
        <dd>{booking.expert.name}</dd>
        <dt className="text-muted">{text.cost}</dt>
        <dd>{formats.price(booking.price)}</dd>
        <dt className="text-muted">{text.reference}</dt>
        <dd className="font-semibold tabular-nums">{booking.reference}</dd>
      </dl>
      <div className="flex flex-wrap gap-3">
        <a href={booking.icsUrl} download className={buttonClass("primary")}>
          {text.addToCalendar}
        </a>
        <Link to="/bookings" className={buttonClass()}>
          {text.toBookings}
        </Link>
        <Button kind="plain" onClick={onBookAnother}>
          {text.another}
        </Button>
      </div>
    </section>
  );
}
