import { useId, useState } from "react";
import { flushSync } from "react-dom";
import { Link } from "react-router";

import { serverUrl } from "../api/server.ts";
import type { BookingCardFragment } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { ClientStepDialog } from "./ClientStepDialog.tsx";
import { BookingHistory } from "./BookingHistory.tsx";
import { type StepRefusal, type Step, useBookingSteps } from "./useBookingSteps.ts";
import { bookingsWords } from "./words.ts";

const STEPS: readonly Step[] = ["CONFIRM", "COMPLETE", "MARK_NO_SHOW", "CANCEL", "REMOVE"];

interface BookingActionsProps {
  booking: BookingCardFragment;
  /** Whether the session has not ended yet. */
  isUpcoming: boolean;
  onStepDone: () => void;
  onRemoved: () => void;
}

/** Buttons for the actions that the server allows now, and the booking's history. */
export function BookingActions({
  booking,
  isUpcoming,
  onStepDone,
  onRemoved,
}: BookingActionsProps) {
  const text = useWords(bookingsWords);
  const { errors } = useWords(appWords);
  const formats = useFormats();
  const bookingSteps = useBookingSteps(booking);
  const historyId = useId();
  const [showsHistory, setShowsHistory] = useState(false);
  const [stepToConfirm, setStepToConfirm] = useState<Exclude<Step, "CONFIRM">>();
  const allowed = booking.viewerActions;
  const isStanding = booking.status === "PENDING" || booking.status === "CONFIRMED";
  const isHold = booking.status === "HELD";

  function labelFor(action: string): string {
    return text.about(action, booking.expert.name, formats.moment(booking.startsAt));
  }

  async function perform(step: Step): Promise<StepRefusal | null> {
    const isRemoval = step === "REMOVE";
    if (isRemoval) {
      // Close the dialog before its opener is removed, so that it can return the focus.
      flushSync(() => setStepToConfirm(undefined));
      onRemoved();
    }
    try {
      const refusal = isRemoval ? await bookingSteps.remove() : await bookingSteps.perform(step);
      if (refusal && (isRemoval || step === "CONFIRM")) void toastError(text.notAllowed);
      if (refusal) return refusal;
      void toast(isHold ? text.released : text.done[step]);
      setStepToConfirm(undefined);
      if (!isRemoval) onStepDone();
    } catch {
      void toastError(errors.unexpected);
    }
    return null;
  }

  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        {allowed.includes("RESCHEDULE") && (
          <Link
            to={`/bookings/${booking.id}/reschedule`}
            aria-label={labelFor(text.actions.RESCHEDULE)}
            className={buttonClass()}
          >
            {text.actions.RESCHEDULE}
          </Link>
        )}
        {STEPS.filter((step) => allowed.includes(step)).map((step) => {
          const label = step === "CANCEL" && isHold ? text.release : text.actions[step];
          return (
            <Button
              key={step}
              aria-label={labelFor(label)}
              isBusy={step === "CONFIRM" && bookingSteps.isBusy}
              onClick={() => (step === "CONFIRM" ? void perform(step) : setStepToConfirm(step))}
            >
              {label}
            </Button>
          );
        })}
        {isStanding && isUpcoming && (
          <a
            href={serverUrl(booking.icsUrl)}
            download
            aria-label={labelFor(text.addToCalendar)}
            className={`${buttonClass("plain")} px-2!`}
          >
            {text.addToCalendar}
          </a>
        )}
        <Button
          kind="plain"
          className="ml-auto px-2! text-muted!"
          aria-label={labelFor(text.history)}
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
      {stepToConfirm && (
        <ClientStepDialog
          booking={booking}
          step={stepToConfirm}
          isBusy={bookingSteps.isBusy}
          onConfirm={() => perform(stepToConfirm)}
          onClose={() => setStepToConfirm(undefined)}
        />
      )}
    </>
  );
}
