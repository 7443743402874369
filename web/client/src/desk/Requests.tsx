import { useId, useState } from "react";

import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { Button } from "../ui/Button.tsx";
import { DeskActions } from "./DeskActions.tsx";
import { deskWords } from "./words.ts";

/** Number of requests that are shown until the expert asks for all. */
const SHOWN = 3;

interface RequestsProps {
  requests: readonly DeskBookingFragment[];
  /** Whether there are more requests than were loaded. */
  hasMore: boolean;
  onOpen: (booking: DeskBookingFragment) => void;
  onStepDone: () => void;
}

/** The bookings that wait for confirmation, with buttons for the expert to confirm or decline. */
export function Requests({ requests, hasMore, onOpen, onStepDone }: RequestsProps) {
  const text = useWords(deskWords);
  const formats = useFormats();
  const id = useId();
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? requests : requests.slice(0, SHOWN);
  const rest = requests.length - shown.length;
  return (
    <section aria-labelledby={id} className="card content-start p-5">
      <div className="flex items-center justify-between gap-3">
        <h2 id={id} className="text-lg">
          {text.requests}
        </h2>
        <p className="rounded-full bg-held-bg px-3 py-1 text-[13px]/[18px] font-semibold text-held tabular-nums">
          {text.waiting(`${requests.length}${hasMore ? "+" : ""}`)}
        </p>
      </div>
      <ul className="divide-y divide-line">
        {shown.map((booking) => {
          const name = booking.contact?.name ?? booking.reference;
          return (
            <li
              key={booking.id}
              data-booking={booking.reference}
              className="grid gap-3 py-4 last:pb-0"
            >
              <div className="grid grid-cols-[auto_1fr] items-center gap-x-3">
                <Avatar name={name} />
                <div className="min-w-0">
                  <p className="font-semibold tabular-nums first-letter:uppercase">
                    {formats.moment(booking.startsAt)} – {formats.time(booking.endsAt)}
                  </p>
                  <p className="text-sm text-muted wrap-anywhere">
                    <button
                      type="button"
                      onClick={() => onOpen(booking)}
                      className="min-h-6 text-text underline-offset-2 hover:underline"
                    >
                      {name}
                    </button>
                    , {formats.price(booking.price)}
                  </p>
                </div>
              </div>
              {booking.note && (
                <p className="line-clamp-4 text-sm whitespace-pre-line text-muted wrap-anywhere">
                  <q>{booking.note}</q>
                </p>
              )}
              <DeskActions booking={booking} canMove={false} onStepDone={onStepDone} />
            </li>
          );
        })}
      </ul>
      {rest > 0 && (
        <Button kind="plain" className="mt-2 px-0!" onClick={() => setShowsAll(true)}>
          {text.showMoreRequests(rest)}
        </Button>
      )}
    </section>
  );
}
