import { useState } from "react";
import { flushSync } from "react-dom";

import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import { Button, type ButtonProps } from "../ui/Button.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { ClientStepDialog, type SteppedBooking } from "./ClientStepDialog.tsx";
import { type Step, type StepRefusal, useBookingSteps } from "./useBookingSteps.ts";
import { bookingsWords } from "./words.ts";

/** Steps that change a booking's status, in the order of their buttons. */
const STEPS: readonly Step[] = ["CONFIRM", "COMPLETE", "MARK_NO_SHOW", "CANCEL", "REMOVE"];

interface StepButtonsProps {
  booking: SteppedBooking;
  /** Return the text of a step's button. */
  label: (step: Step) => string;
  /** Return the name of a button for screen readers, if other bookings have the same button. */
  name?: (label: string) => string;
  kind?: (step: Step) => ButtonProps["kind"];
  onStepDone: () => void;
  onRemoved: () => void;
}

/** Buttons for the steps that the server allows now; each except CONFIRM opens a dialog first. */
export function StepButtons(props: StepButtonsProps) {
  const { booking, label, name, kind, onStepDone, onRemoved } = props;
  const text = useWords(bookingsWords);
  const { errors } = useWords(appWords);
  const bookingSteps = useBookingSteps(booking);
  const [stepToConfirm, setStepToConfirm] = useState<Exclude<Step, "CONFIRM">>();

  async function perform(step: Step, reason?: string): Promise<StepRefusal | null> {
    const isRemoval = step === "REMOVE";
    // Close the dialog synchronously, because the focus can be moved only afterwards.
    const close = () => flushSync(() => setStepToConfirm(undefined));
    if (isRemoval) {
      close();
      onRemoved();
    }
    try {
      const refusal = isRemoval
        ? await bookingSteps.remove()
        : await bookingSteps.perform(step, reason);
      if (refusal && (isRemoval || step === "CONFIRM")) void toastError(text.notAllowed);
      if (refusal) return refusal;
      void toast(booking.status === "HELD" ? text.released : text.done[step]);
      if (!isRemoval) {
        close();
        onStepDone();
      }
    } catch {
      void toastError(errors.unexpected);
    }
    return null;
  }

  return (
    <>
      {STEPS.filter((step) => booking.viewerActions.includes(step)).map((step) => (
        <Button
          key={step}
          kind={kind?.(step)}
          aria-label={name?.(label(step))}
          isBusy={step === "CONFIRM" && bookingSteps.isBusy}
          onClick={() => (step === "CONFIRM" ? void perform(step) : setStepToConfirm(step))}
        >
          {label(step)}
        </Button>
      ))}
      {stepToConfirm && (
        <ClientStepDialog
          booking={booking}
          step={stepToConfirm}
          isBusy={bookingSteps.isBusy}
          onConfirm={(reason) => perform(stepToConfirm, reason)}
          onClose={() => setStepToConfirm(undefined)}
        />
      )}
    </>
  );
}
