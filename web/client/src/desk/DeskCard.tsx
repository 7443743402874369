import { useId, useMemo } from "react";

import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { StatusBadge } from "../bookings/StatusBadge.tsx";
import { ExpertsPlaceDetails, PlaceLabel } from "../place/Place.tsx";
import { mailtoUrl, telUrl } from "../text/contactUrls.ts";
import { useText, useWords } from "../text/text.tsx";
import { formats as formatsIn, useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { DeskActions } from "./DeskActions.tsx";
import { deskWords } from "./words.ts";

interface DeskCardProps {
  booking: DeskBookingFragment;
  /** Whether to show the date, where no heading above does. */
  showsDay?: boolean;
  /** Called after a successful step, which may move the booking to another list. */
  onStepDone: () => void;
}

/** A booking as its expert sees it: time, client, contact, note and actions. */
export function DeskCard({ booking, showsDay = false, onStepDone }: DeskCardProps) {
  const text = useWords(deskWords);
  const formats = useFormats();
  const name = useId();
  const { contact, startsAt } = booking;
  const isOff = booking.status === "CANCELLED" || booking.status === "EXPIRED";
  return (
    <article
      aria-labelledby={name}
      data-booking={booking.reference}
      className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-3 p-4 transition-opacity duration-200 starting:opacity-0 md:grid-cols-[9rem_1fr_15rem] md:gap-x-6 md:px-6 md:py-5"
    >
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
        <span className="block text-muted">{formats.minutes(booking.minutes)}</span>
      </p>
      <div className="col-span-2 row-start-2 grid min-w-0 content-start gap-2 md:col-span-1 md:col-start-2 md:row-start-1">
        <h3 id={name} className="text-base wrap-anywhere">
          {contact?.name ?? booking.reference}
        </h3>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm wrap-anywhere">
          <PlaceLabel kind={booking.place.kind} />
          <ExpertsPlaceDetails place={booking.place} />
        </p>
        {contact && <ContactDetails contact={contact} startsAt={startsAt} />}
        {booking.note && (
          <p className="max-w-prose border-l-2 border-line pl-3 whitespace-pre-line text-muted wrap-anywhere">
            <span className="sr-only">{text.note}: </span>
            {booking.note}
          </p>
        )}
        <p className="text-xs text-muted tabular-nums">
          <span className="sr-only">{text.price}: </span>
          {formats.price(booking.price)}
          <span aria-hidden> · </span>
          <span className="sr-only">, {text.reference}: </span>
          {booking.reference}
        </p>
      </div>
      <div className="contents md:col-start-3 md:grid md:max-w-60 md:content-start md:justify-items-end md:gap-3">
        <div className="col-start-2 row-start-1 justify-self-end">
          <StatusBadge status={booking.status} />
        </div>
        <div className="col-span-2 empty:hidden">
          <DeskActions booking={booking} onStepDone={onStepDone} />
        </div>
      </div>
    </article>
  );
}

interface ContactDetailsProps {
  contact: NonNullable<DeskBookingFragment["contact"]>;
  startsAt: string;
}

/** The client's contact data, and the local time there if it differs. */
function ContactDetails({ contact, startsAt }: ContactDetailsProps) {
  const text = useWords(deskWords);
  const formats = useFormats();
  const clientFormats = useFormatsIn(contact.timeZone ?? undefined);
  const time = clientFormats?.time(startsAt);
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1">
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
