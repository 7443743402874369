import { useApolloClient, useSubscription } from "@apollo/client/react";
import { useRef, useState } from "react";

import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { toast } from "../ui/toast.tsx";
import { DESK_BOOKING_CHANGED, enlist } from "./deskBookings.ts";
import { tidingsOf } from "./lists.ts";
import { deskWords } from "./words.ts";

interface Whose {
  readonly expertId: string;
  readonly userId: string;
  readonly today: string;
}

/** Add changed bookings to the lists; return the latest announcement, for screen readers. */
export function useTidings({ expertId, userId, today }: Whose): string {
  const { cache } = useApolloClient();
  const text = useWords(deskWords);
  const formats = useFormats();
  const told = useRef(new Map<string, number>());
  const [said, setSaid] = useState("");

  useSubscription(DESK_BOOKING_CHANGED, {
    ignoreResults: true,
    onData({ data: { data } }) {
      const booking = data?.bookingChanged;
      if (booking?.expert.id !== expertId) return;
      enlist(cache, booking, today);
      const tidings = tidingsOf(booking.history, userId);
      // After a reconnect an event may arrive twice.
      if (!tidings || !booking.contact || told.current.get(booking.id) === booking.sequence) return;
      told.current.set(booking.id, booking.sequence);
      const message = text.tidings[tidings](booking.contact.name, formats.moment(booking.startsAt));
      setSaid(message);
      void toast(message, { duration: 8_000 });
    },
  });
  return said;
}
