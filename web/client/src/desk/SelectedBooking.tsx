import { useQuery } from "@apollo/client/react";
import { lazy, Suspense, useEffect, useRef } from "react";

import { isMalformedId } from "../api/malformedId.ts";
import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { Icon } from "../ui/Icon.tsx";
import { ONE_DESK_BOOKING } from "./deskBookings.ts";
import { DeskCard } from "./DeskCard.tsx";
import { DeskSkeleton } from "./DeskSkeleton.tsx";
import { deskWords } from "./words.ts";

const BookingReview = lazy(() => import("../reviews/BookingReview.tsx"));

interface SelectedBookingProps {
  id: string;
  /** The bookings on the days that the calendar shows; undefined while they are loading. */
  others: readonly DeskBookingFragment[] | undefined;
  onStepDone: () => void;
  onMoved: (startsAt: string) => void;
  onClose: () => void;
}

/** Details of the booking that is selected in the calendar or by the URL; takes the focus. */
export function SelectedBooking({
  id,
  others,
  onStepDone,
  onMoved,
  onClose,
}: SelectedBookingProps) {
  const text = useWords(deskWords);
  const { data, error, refetch } = useQuery(ONE_DESK_BOOKING, {
    variables: { id },
    fetchPolicy: "cache-and-network",
  });
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const isGone = data ? !data.booking : isMalformedId(error);
  // `others` contains only the bookings on the days that the calendar shows. If the selected
  // booking is not among them, bookings close to it may be missing.
  const isShown = others?.some((other) => other.id === id);
  return (
    <section aria-labelledby="selected" className="card overflow-hidden shadow-2">
      <div className="flex items-center justify-between gap-3 border-b border-line py-2 pr-2 pl-4 md:pl-5">
        <h2 id="selected" ref={heading} tabIndex={-1} className="text-lg outline-none">
          {isGone ? text.gone : text.selected}
        </h2>
        <button
          type="button"
          aria-label={text.close}
          onClick={onClose}
          className="grid size-9 place-items-center rounded-sm text-muted hover:bg-sunken hover:text-text pointer-coarse:size-11"
        >
          <Icon name="close" />
        </button>
      </div>
      {isGone ? (
        <p className="p-5 text-muted">{text.goneBody}</p>
      ) : data?.booking ? (
        <>
          <DeskCard
            booking={data.booking}
            showsDay
            others={isShown ? others : undefined}
            onStepDone={onStepDone}
            onMoved={onMoved}
          />
          {data.booking.status === "COMPLETED" && (
            <div className="px-4 pb-4 md:px-5 md:pb-5">
              <Suspense fallback={null}>
                <BookingReview bookingId={id} expert={data.booking.expert} isOwn={false} />
              </Suspense>
            </div>
          )}
        </>
      ) : error ? (
        <div className="grid justify-items-start gap-3 p-5">
          <p>{text.failed}</p>
          <Button onClick={() => void refetch()}>{text.again}</Button>
        </div>
      ) : (
        <DeskSkeleton />
      )}
    </section>
  );
}
