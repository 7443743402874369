import { useId, useState } from "react";
import { flushSync } from "react-dom";
import { Link } from "react-router";

import type { BookingCardFragment } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { calendarFile, save } from "../time/ics.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { Ask } from "./Ask.tsx";
import { History } from "./History.tsx";
import { type Refused, type Step, useMoves } from "./useMoves.ts";
import { bookingsWords } from "./words.ts";

const STEPS: readonly Step[] = ["CONFIRM", "COMPLETE", "MARK_NO_SHOW", "CANCEL", "REMOVE"];

interface ActionsProps {
  booking: BookingCardFragment;
  /** Whether the session has not ended yet. */
  isAhead: boolean;
  onMade(): void;
  onRemoved(): void;
}

/** Buttons for the actions that the server allows now, and the booking's history. */
export function Actions({ booking, isAhead, onMade, onRemoved }: ActionsProps) {
  const text = useWords(bookingsWords);
  const { errors } = useWords(appWords);
  const formats = useFormats();
  const moves = useMoves(booking);
  const historyId = useId();
  const [showsHistory, setShowsHistory] = useState(false);
  const [asked, setAsked] = useState<Exclude<Step, "CONFIRM">>();
  const can = booking.viewerActions;
  const isStanding = booking.status === "PENDING" || booking.status === "CONFIRMED";
  const isHold = booking.status === "HELD";

  function about(action: string): string {
    return text.about(action, booking.expert.name, formats.moment(booking.startsAt));
  }

  async function make(step: Step): Promise<Refused | null> {
    const isRemoval = step === "REMOVE";
    if (isRemoval) {
      // Close the dialog before its opener is removed, so that it can return the focus.
      flushSync(() => setAsked(undefined));
      onRemoved();
    }
    try {
      const refused = isRemoval ? await moves.remove() : await moves.make(step);
      if (refused && (isRemoval || step === "CONFIRM")) void toastError(text.notAllowed);
      if (refused) return refused;
      void toast(isHold ? text.released : text.done[step]);
      setAsked(undefined);
      if (!isRemoval) onMade();
    } catch {
      void toastError(errors.unexpected);
    }
    return null;
  }

  function addToCalendar(): void {
    const summary = text.icsSummary(booking.expert.name);
    const url = new URL("/bookings", window.location.href).href;
    const file = calendarFile({ ...booking, summary, url });
    save(`expertbook-${booking.reference}.ics`, "text/calendar", file);
  }

  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        {can.includes("RESCHEDULE") && (
          <Link
            to={`/bookings/${booking.id}/reschedule`}
            aria-label={about(text.actions.RESCHEDULE)}
            className={buttonClass()}
          >
            {text.actions.RESCHEDULE}
          </Link>
        )}
        {STEPS.filter((step) => can.includes(step)).map((step) => {
          const label = step === "CANCEL" && isHold ? text.release : text.actions[step];
          return (
            <Button
              key={step}
              aria-label={about(label)}
              isBusy={step === "CONFIRM" && moves.isBusy}
              onClick={() => (step === "CONFIRM" ? void make(step) : setAsked(step))}
            >
              {label}
            </Button>
          );
        })}
        {isStanding && isAhead && (
          <Button
            kind="plain"
            className="px-2!"
            aria-label={about(text.addToCalendar)}
            onClick={addToCalendar}
          >
            {text.addToCalendar}
          </Button>
        )}
        <Button
          kind="plain"
          className="ml-auto px-2! text-muted!"
          aria-label={about(text.history)}
          aria-expanded={showsHistory}
          aria-controls={historyId}
          onClick={() => setShowsHistory(!showsHistory)}
        >
          {text.history}
          <span aria-hidden>{showsHistory ? "▴" : "▾"}</span>
        </Button>
      </div>
      <div id={historyId} hidden={!showsHistory}>
        <History steps={booking.history} />
      </div>
      {asked && (
        <Ask
          booking={booking}
          step={asked}
          isBusy={moves.isBusy}
          onConfirm={() => make(asked)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}
