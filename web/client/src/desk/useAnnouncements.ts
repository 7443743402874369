import { useApolloClient, useSubscription } from "@apollo/client/react";
import { useRef, useState } from "react";

import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { toast } from "../ui/toast.tsx";
import { DESK_BOOKING_CHANGED, addToDeskLists } from "./deskBookings.ts";
import { announcementFor } from "./lists.ts";
import { deskWords } from "./words.ts";

interface Options {
  readonly expertId: string;
  readonly userId: string;
  readonly today: string;
}

/** Add changed bookings to the lists; return the latest announcement, for screen readers. */
export function useAnnouncements({ expertId, userId, today }: Options): string {
  const { cache } = useApolloClient();
  const text = useWords(deskWords);
  const formats = useFormats();
  const announced = useRef(new Map<string, number>());
  const [latest, setLatest] = useState("");

  useSubscription(DESK_BOOKING_CHANGED, {
    ignoreResults: true,
    onData({ data: { data } }) {
      const booking = data?.bookingChanged;
      if (booking?.expert.id !== expertId) return;
      addToDeskLists(cache, booking, today);
      const announcement = announcementFor(booking.history, userId);
      // After a reconnect an event may arrive twice.
      if (
        !announcement ||
        !booking.contact ||
        announced.current.get(booking.id) === booking.sequence
      )
        return;
      announced.current.set(booking.id, booking.sequence);
      const message = text.announcements[announcement](
        booking.contact.name,
        formats.moment(booking.startsAt),
      );
      setLatest(message);
      void toast(message, { duration: 8_000 });
    },
  });
  return latest;
}
