import { useState } from "react";
import { Link } from "react-router";

import type { MovableBookingFragment } from "../api/gql/graphql.ts";
import type { SlotTime } from "../expert/slots.ts";
import { TimePanes } from "../expert/TimePanes.tsx";
import { useWeeks } from "../expert/useWeeks.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Select } from "../ui/Select.tsx";
import { RescheduleDialog } from "./RescheduleDialog.tsx";
import { bookingsWords } from "./words.ts";

/** The booking's current time, and the expert's live calendar for choosing another time. */
export function Reschedule({ booking }: { booking: MovableBookingFragment }) {
  const { move: text } = useWords(bookingsWords);
  const formats = useFormats();
  const { expert } = booking;
  const [day, setDay] = useState(formats.dateOf(booking.startsAt));
  const [minutes, setMinutes] = useState(() => initialLength(booking));
  const [selectedId, setSelectedId] = useState<string>();
  const [slotToConfirm, setSlotToConfirm] = useState<SlotTime>();
  const weeks = useWeeks({
    expertId: expert.id,
    minutes,
    horizonDays: expert.availability.horizonDays,
    requestedDay: day,
    initialInstant: booking.startsAt,
  });

  return (
    <article className="grid grid-cols-1 card rounded-xl shadow-3 md:grid-cols-[15rem_minmax(0,1fr)] lg:grid-cols-[15rem_minmax(0,1fr)_20rem]">
      <div className="grid content-start gap-4 border-b border-line p-6 md:row-span-2 md:border-r md:border-b-0 lg:row-span-1">
        <Link to={`/bookings/${booking.id}`} className="w-fit">
          <span aria-hidden>‹ </span>
          {text.back}
        </Link>
        <img
          src={expert.photoUrl}
          alt=""
          width={64}
          height={64}
          className="size-16 rounded-portrait"
        />
        <h1 className="text-xl">{text.title(expert.name)}</h1>
        <CurrentTime booking={booking} />
        {expert.offers.length > 1 && (
          <Select
            label={text.length}
            value={minutes}
            onChange={(event) => {
              setSelectedId(undefined);
              setMinutes(Number(event.target.value));
            }}
          >
            {expert.offers.map((offer) => (
              <option key={offer.minutes} value={offer.minutes}>
                {formats.minutes(offer.minutes)} ·{" "}
                {formats.price(offer.minutes === booking.minutes ? booking.price : offer.price)}
              </option>
            ))}
          </Select>
        )}
      </div>
      <TimePanes
        expertId={expert.id}
        weeks={weeks}
        selectedId={selectedId}
        isBusy={false}
        confirmLabel={text.choose}
        canSelect={(slot) => overlaps(slot, booking)}
        onDay={setDay}
        onChoose={(slot) => setSelectedId(slot?.id)}
        onConfirm={setSlotToConfirm}
      />
      {slotToConfirm && (
        <RescheduleDialog
          booking={booking}
          slot={slotToConfirm}
          onChoose={setSlotToConfirm}
          onClose={() => setSlotToConfirm(undefined)}
        />
      )}
    </article>
  );
}

function CurrentTime({ booking }: { booking: MovableBookingFragment }) {
  const text = useWords(bookingsWords);
  const formats = useFormats();
  return (
    <dl className="grid gap-1">
      <dt className="text-xs text-muted">{text.move.now}</dt>
      <dd className="font-medium first-letter:uppercase">{formats.moment(booking.startsAt)}</dd>
      <dd className="text-muted">
        {formats.minutes(booking.minutes)} · {formats.price(booking.price)}
      </dd>
      <dd className="text-xs text-muted">
        {text.changeableUntil(formats.moment(booking.cancellableUntil))}
      </dd>
    </dl>
  );
}

/** Return the booking's length in minutes if it is still offered, else the first offered one. */
function initialLength({ minutes, expert }: MovableBookingFragment): number {
  const offer = expert.offers.find((each) => each.minutes === minutes) ?? expert.offers[0];
  return offer?.minutes ?? minutes;
}

/** Return whether a slot overlaps the booking's current time, which rescheduling frees. */
function overlaps(slot: SlotTime, booking: MovableBookingFragment): boolean {
  return (
    slot.mine &&
    slot.startsAt !== booking.startsAt &&
    Date.parse(slot.startsAt) < Date.parse(booking.endsAt) &&
    Date.parse(booking.startsAt) < Date.parse(slot.endsAt)
  );
}
