import { useId, useState } from "react";
import { Link } from "react-router";

import { serverUrl } from "../api/server.ts";
import type { BookingCardFragment } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { BookingHistory } from "./BookingHistory.tsx";
import { StepButtons } from "./StepButtons.tsx";
import { bookingsWords } from "./words.ts";

interface BookingActionsProps {
  booking: BookingCardFragment;
  /** Whether the session has not ended yet. */
  isUpcoming: boolean;
  onStepDone: () => void;
  onRemoved: () => void;
}

/** Links and buttons for a booking in the list of bookings, and the booking's history. */
export function BookingActions({
  booking,
  isUpcoming,
  onStepDone,
  onRemoved,
}: BookingActionsProps) {
  const text = useWords(bookingsWords);
  const formats = useFormats();
  const historyId = useId();
  const [showsHistory, setShowsHistory] = useState(false);
  const isStanding = booking.status === "PENDING" || booking.status === "CONFIRMED";
  const isHold = booking.status === "HELD";

  function nameOf(label: string): string {
    return text.about(label, booking.expert.name, formats.moment(booking.startsAt));
  }

  return (
    <>
      <div className="flex flex-wrap items-center gap-2 print:hidden">
        {!isHold && (
          <Link
            to={`/bookings/${booking.id}`}
            aria-label={nameOf(text.open)}
            className={buttonClass("soft")}
          >
            {text.open}
          </Link>
        )}
        {booking.viewerActions.includes("RESCHEDULE") && (
          <Link
            to={`/bookings/${booking.id}/reschedule`}
            aria-label={nameOf(text.actions.RESCHEDULE)}
            className={buttonClass()}
          >
            {text.actions.RESCHEDULE}
          </Link>
        )}
        <StepButtons
          booking={booking}
          label={(step) => (step === "CANCEL" && isHold ? text.release : text.actions[step])}
          name={nameOf}
          onStepDone={onStepDone}
          onRemoved={onRemoved}
        />
        {isStanding && isUpcoming && (
          <a
            href={serverUrl(booking.icsUrl)}
            download
            aria-label={nameOf(text.addToCalendar)}
            className={`${buttonClass("plain")} px-2!`}
          >
            {text.addToCalendar}
          </a>
        )}
        <Button
          kind="plain"
          className="ml-auto px-2! text-muted!"
          aria-label={nameOf(text.history)}
          aria-expanded={showsHistory}
          aria-controls={historyId}
          onClick={() => setShowsHistory(!showsHistory)}
        >
          {text.history}
          <span aria-hidden>{showsHistory ? "▴" : "▾"}</span>
        </Button>
      </div>
      <div id={historyId} hidden={!showsHistory}>
        <BookingHistory steps={booking.history} />
      </div>
    </>
  );
}
