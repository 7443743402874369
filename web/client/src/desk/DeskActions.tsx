import { useState } from "react";

import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { appWords } from "../app/words.ts";
import { type StepRefusal, useBookingSteps } from "../bookings/useBookingSteps.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Icon } from "../ui/Icon.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { MoveDialog } from "./calendar/MoveDialog.tsx";
import { ExpertStepDialog, type ConfirmedStep } from "./ExpertStepDialog.tsx";
import { deskWords } from "./words.ts";

const STEPS = ["CONFIRM", "COMPLETE", "MARK_NO_SHOW", "CANCEL"] as const;

type DeskStep = (typeof STEPS)[number];

interface DeskActionsProps {
  booking: DeskBookingFragment;
  /** Whether to show the button that moves the booking, if the server allows moving. */
  canMove?: boolean;
  /** The expert's bookings on the days around this booking, if they are loaded. */
  others?: readonly DeskBookingFragment[] | undefined;
  /** Called after a change of status, because the booking may then be in another list. */
  onStepDone: () => void;
  /** Called with the new start time after the booking has been moved. */
  onMoved?: (startsAt: string) => void;
}

/** Buttons for the steps that the server now allows the expert; shows why a step is refused. */
export function DeskActions(props: DeskActionsProps) {
  const { booking, canMove = true, others, onStepDone, onMoved } = props;
  const text = useWords(deskWords);
  const { errors } = useWords(appWords);
  const formats = useFormats();
  const bookingSteps = useBookingSteps(booking);
  const [stepToConfirm, setStepToConfirm] = useState<ConfirmedStep>();
  const [isMoving, setMoving] = useState(false);
  const [refusal, setRefusal] = useState<StepRefusal | null>(null);
  const steps = STEPS.filter((step) => booking.viewerActions.includes(step));
  const isMovable = canMove && booking.viewerActions.includes("RESCHEDULE");
  if (!steps.length && !isMovable && !refusal && !stepToConfirm && !isMoving) return null;

  async function perform(step: DeskStep, reason?: string): Promise<StepRefusal | null> {
    setRefusal(null);
    try {
      const refusal = await bookingSteps.perform(step, reason);
      if (refusal) return refusal;
      setStepToConfirm(undefined);
      void toast(text.done[step]);
      onStepDone();
    } catch {
      void toastError(errors.unexpected);
    }
    return null;
  }

  function label(step: DeskStep): string {
    return step === "CANCEL" && booking.status === "PENDING" ? text.decline : text.actions[step];
  }

  function nameOf(action: string): string {
    return text.about(action, booking.contact?.name ?? "", formats.moment(booking.startsAt));
  }

  return (
    <div className="grid gap-3">
      {refusal && (
        <p role="alert" className="rounded-md border border-danger bg-danger-bg p-3 text-danger">
          {refusal.deadline ? text.tooLate(formats.moment(refusal.deadline)) : text.notAllowed}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {steps.map((step) => (
          <Button
            key={step}
            kind={step === "CONFIRM" ? "primary" : "secondary"}
            aria-label={nameOf(label(step))}
            isBusy={step === "CONFIRM" && bookingSteps.isBusy}
            onClick={() =>
              step === "CONFIRM" ? void perform(step).then(setRefusal) : setStepToConfirm(step)
            }
            className={step === "CONFIRM" ? "flex-1" : ""}
          >
            {step === "CONFIRM" && <Icon name="check" className="size-4" />}
            {step === "CONFIRM" && bookingSteps.isBusy && !stepToConfirm ? text.busy : label(step)}
          </Button>
        ))}
        {isMovable && (
          <Button aria-label={nameOf(text.move)} onClick={() => setMoving(true)}>
            <Icon name="calendarMove" className="size-4" />
            {text.move}
          </Button>
        )}
      </div>
      {stepToConfirm && (
        <ExpertStepDialog
          booking={booking}
          step={stepToConfirm}
          isBusy={bookingSteps.isBusy}
          onConfirm={(reason) => perform(stepToConfirm, reason)}
          onClose={() => setStepToConfirm(undefined)}
        />
      )}
      {isMoving && (
        <MoveDialog
          booking={booking}
          others={others}
          onMoved={(startsAt) => {
            setMoving(false);
            onMoved?.(startsAt);
          }}
          onClose={() => setMoving(false)}
        />
      )}
    </div>
  );
}
