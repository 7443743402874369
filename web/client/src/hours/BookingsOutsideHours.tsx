import { Link } from "react-router";

import type { SetAvailabilityMutation } from "../api/gql/graphql.ts";
import { StatusBadge } from "../bookings/StatusBadge.tsx";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { HoursNotice } from "./HoursNotice.tsx";
import { hoursWords } from "./words.ts";

/** Bookings that remain valid although the new rules would not offer their times. */
export type OutsideBookings = Extract<
  SetAvailabilityMutation["setAvailability"],
  { __typename: "AvailabilitySet" }
>["outside"];

interface BookingsOutsideHoursProps {
  bookings: OutsideBookings;
  /** Whether the bookings are on the viewer's own desk. */
  isOwn: boolean;
  onClose: () => void;
}

/** Notice after saving that lists the bookings outside the new hours; it takes the focus. */
export function BookingsOutsideHours({ bookings, isOwn, onClose }: BookingsOutsideHoursProps) {
  const text = useWords(hoursWords);
  return (
    <HoursNotice id="outside" title={text.outside}>
      <p>{text.outsideLead}</p>
      <OutsideList bookings={bookings} isOwn={isOwn} />
      <Button className="justify-self-start" onClick={onClose}>
        {text.outsideClose}
      </Button>
    </HoursNotice>
  );
}

interface OutsideListProps {
  bookings: OutsideBookings;
  /** Whether the bookings are on the viewer's own desk. */
  isOwn: boolean;
  /** Called when the user follows the link to a booking. */
  onFollow?: () => void;
}

/** Bookings with their time and status; each client's name links to the booking. */
export function OutsideList({ bookings, isOwn, onFollow }: OutsideListProps) {
  const formats = useFormats();
  return (
    <ul className="grid gap-2">
      {bookings.map(({ id, contact, reference, startsAt, minutes, status }) => (
        <li key={id} className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Link
            to={isOwn ? `/desk?booking=${id}` : `/bookings/${id}`}
            className="font-medium text-current underline"
            onClick={onFollow}
          >
            {contact?.name ?? reference}
          </Link>
          <span>
            {formats.moment(startsAt)} · {formats.minutes(minutes)}
          </span>
          <StatusBadge status={status} />
        </li>
      ))}
    </ul>
  );
}
