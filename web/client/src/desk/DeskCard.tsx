import { useId, useMemo, useState } from "react";

import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { BookingHistory } from "../bookings/BookingHistory.tsx";
import { StatusBadge } from "../bookings/StatusBadge.tsx";
import { ExpertsPlaceDetails, PlaceLabel } from "../place/Place.tsx";
import { mailtoUrl, telUrl } from "../text/contactUrls.ts";
import { useText, useWords } from "../text/text.tsx";
import { formats as formatsIn, useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { Icon } from "../ui/Icon.tsx";
import { DeskActions } from "./DeskActions.tsx";
import { ExpertNote } from "./ExpertNote.tsx";
import { deskWords } from "./words.ts";

interface DeskCardProps {
  booking: DeskBookingFragment;
  /** Whether to show the date of the session, because no heading above the card shows it. */
  showsDay?: boolean;
  /** The expert's bookings on the days around this booking, if they are loaded. */
  others?: readonly DeskBookingFragment[] | undefined;
  /** Called after a successful step, because the booking may then be in another list. */
  onStepDone: () => void;
  onMoved?: (startsAt: string) => void;
}

/** Card of a booking for its expert: time, client, contact data, notes, actions and history. */
export function DeskCard(props: DeskCardProps) {
  const { booking, showsDay = false, others, onStepDone, onMoved } = props;
  const text = useWords(deskWords);
  const formats = useFormats();
  const name = useId();
  const { contact, startsAt } = booking;
  const isOff = booking.status === "CANCELLED" || booking.status === "EXPIRED";
  return (
    <article
      aria-labelledby={name}
      data-booking={booking.reference}
      className="@container p-4 transition-opacity duration-200 starting:opacity-0 md:px-5"
    >
      <div className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-3 @min-[44rem]:grid-cols-[9rem_minmax(0,1fr)_auto] @min-[44rem]:gap-x-6">
        <p className={`tabular-nums ${isOff ? "text-muted line-through" : ""}`}>
          <time dateTime={startsAt}>
            {showsDay && (
              <span className="block font-semibold first-letter:uppercase">
                {formats.day(formats.dateOf(startsAt))}
              </span>
            )}
            <span className={`block ${showsDay ? "" : "text-base font-semibold"}`}>
              {formats.time(startsAt)} – {formats.time(booking.endsAt)}
            </span>
          </time>
          <span className="block text-sm text-muted">{formats.minutes(booking.minutes)}</span>
        </p>
        <div className="justify-self-end @min-[44rem]:order-last">
          <StatusBadge status={booking.status} />
        </div>
        <div className="col-span-2 grid min-w-0 content-start gap-3 @min-[44rem]:col-span-1">
          <div className="grid gap-1.5">
            <h3 id={name} className="text-base wrap-anywhere">
              {contact?.name ?? booking.reference}
            </h3>
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm wrap-anywhere">
              <PlaceLabel kind={booking.place.kind} />
              <ExpertsPlaceDetails place={booking.place} />
            </p>
            {contact && <ContactDetails contact={contact} startsAt={startsAt} />}
            <p className="text-xs text-muted tabular-nums">
              <span className="sr-only">{text.price}: </span>
              {formats.price(booking.price)}
              <span aria-hidden> · </span>
              <span className="sr-only">, {text.reference}: </span>
              {booking.reference}
            </p>
          </div>
          {booking.note && (
            <p className="max-w-prose border-l-2 border-line pl-3 whitespace-pre-line text-muted wrap-anywhere">
              <span className="sr-only">{text.note}: </span>
              {booking.note}
            </p>
          )}
          <div className="flex flex-wrap items-center gap-x-5 gap-y-3">
            {booking.expertNote !== null && (
              <ExpertNote
                bookingId={booking.id}
                name={contact?.name ?? booking.reference}
                note={booking.expertNote}
              />
            )}
            <DeskActions
              booking={booking}
              others={others}
              onStepDone={onStepDone}
              {...(onMoved && { onMoved })}
            />
            <History booking={booking} />
          </div>
        </div>
      </div>
    </article>
  );
}

/** The booking's history, which a button shows and hides. */
function History({ booking }: { booking: DeskBookingFragment }) {
  const text = useWords(deskWords);
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={id}
        aria-label={`${text.history}: ${booking.contact?.name ?? booking.reference}`}
        onClick={() => setOpen(!isOpen)}
        className="order-2 inline-flex min-h-8 items-center gap-1 text-sm font-medium text-muted hover:text-text pointer-coarse:min-h-11"
      >
        {text.history}
        <Icon name="chevronDown" className={`size-4 ${isOpen ? "rotate-180" : ""}`} />
      </button>
      <div id={id} hidden={!isOpen} className="order-3 basis-full">
        <BookingHistory steps={booking.history} />
      </div>
    </>
  );
}

interface ContactDetailsProps {
  contact: NonNullable<DeskBookingFragment["contact"]>;
  startsAt: string;
}

/** The client's contact data, and the client's local time of the session if it differs. */
function ContactDetails({ contact, startsAt }: ContactDetailsProps) {
  const text = useWords(deskWords);
  const formats = useFormats();
  const clientFormats = useFormatsIn(contact.timeZone ?? undefined);
  const time = clientFormats?.time(startsAt);
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
      <a
        href={mailtoUrl(contact.email)}
        aria-label={`${text.write(contact.name)}: ${contact.email}`}
        className="inline-flex items-center pointer-coarse:min-h-11 wrap-anywhere"
      >
        {contact.email}
      </a>
      <a
        href={telUrl(contact.phone)}
        aria-label={`${text.call(contact.name)}: ${contact.phone}`}
        className="inline-flex items-center tabular-nums pointer-coarse:min-h-11"
      >
        {contact.phone}
      </a>
      {time && time !== formats.time(startsAt) && (
        <span className="self-center text-muted tabular-nums">{text.clientZone(time)}</span>
      )}
    </p>
  );
}

function useFormatsIn(zone: string | undefined) {
  const { locale } = useText();
  const { hourCycle } = useTimePreferences();
  return useMemo(
    () => (zone ? formatsIn(locale, { zone, hourCycle }) : undefined),
    [zone, locale, hourCycle],
  );
}
