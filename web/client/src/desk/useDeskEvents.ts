import { useApolloClient, useSubscription } from "@apollo/client/react";
import { useEffect, useRef, useState } from "react";

import type { DeskBookingsQueryVariables } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { toast } from "../ui/toast.tsx";
import { DESK_BOOKING_CHANGED, addToDeskLists } from "./deskBookings.ts";
import { announcementFor } from "./lists.ts";
import { deskWords } from "./words.ts";

/** Time in milliseconds for which a new booking is highlighted. */
const FRESH_MS = 4_000;

interface Options {
  readonly expertId: string;
  readonly userId: string;
  /** The query variables of the lists on the page. */
  readonly lists: readonly DeskBookingsQueryVariables[];
}

interface DeskEvents {
  /** Text of the latest announcement, which screen readers read out. */
  readonly announcement: string;
  /** ID of the booking that another person has just made or moved. */
  readonly freshId: string | undefined;
}

/** Add changed bookings to the lists on the page, and announce changes by other people. */
export function useDeskEvents({ expertId, userId, lists }: Options): DeskEvents {
  const { cache } = useApolloClient();
  const text = useWords(deskWords);
  const formats = useFormats();
  const announced = useRef(new Map<string, number>());
  const [announcement, setAnnouncement] = useState("");
  const [freshId, setFreshId] = useState<string>();
  useEffect(() => {
    if (!freshId) return;
    const timer = setTimeout(() => setFreshId(undefined), FRESH_MS);
    return () => clearTimeout(timer);
  }, [freshId]);

  useSubscription(DESK_BOOKING_CHANGED, {
    ignoreResults: true,
    onData({ data: { data } }) {
      const booking = data?.bookingChanged;
      if (booking?.expert.id !== expertId) return;
      addToDeskLists(cache, booking, lists);
      const what = announcementFor(booking.history, userId);
      // After a reconnect, the same event may arrive again; do not announce it twice.
      if (!what || !booking.contact || announced.current.get(booking.id) === booking.sequence)
        return;
      announced.current.set(booking.id, booking.sequence);
      const message = text.announcements[what](
        booking.contact.name,
        formats.moment(booking.startsAt),
      );
      if (what !== "cancelled") setFreshId(booking.id);
      setAnnouncement(message);
      void toast(message, { duration: 8_000 });
    },
  });
  return { announcement, freshId };
}
