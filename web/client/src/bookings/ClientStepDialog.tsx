import type { BookingCardFragment } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { StepDialog } from "./StepDialog.tsx";
import type { StepRefusal, Step } from "./useBookingSteps.ts";
import { bookingsWords } from "./words.ts";

/** Fields of a booking that the dialog for confirming a step needs. */
export type SteppedBooking = Pick<
  BookingCardFragment,
  "id" | "status" | "startsAt" | "sequence" | "cancellableUntil" | "viewerActions" | "expert"
>;

interface ClientStepDialogProps {
  booking: SteppedBooking;
  step: Exclude<Step, "CONFIRM">;
  isBusy: boolean;
  onConfirm: (reason: string) => Promise<StepRefusal | null>;
  onClose: () => void;
}

/** Asks the client to confirm a step; for a cancellation, the dialog shows the deadline. */
export function ClientStepDialog({ booking, step, ...rest }: ClientStepDialogProps) {
  const text = useWords(bookingsWords);
  const formats = useFormats();
  const isHold = step === "CANCEL" && booking.status === "HELD";
  const hasDeadline = step === "CANCEL" && !isHold && booking.viewerActions.includes("CANCEL");
  const until = hasDeadline && text.changeableUntil(formats.moment(booking.cancellableUntil));
  return (
    <StepDialog
      {...rest}
      title={isHold ? text.askRelease : text.ask[step]}
      participant={booking.expert.name}
      startsAt={booking.startsAt}
      body={[text.askBody[step], until].filter(Boolean).join(" ")}
      label={isHold ? text.release : text.doIt[step]}
      kind={step === "COMPLETE" ? "primary" : "danger"}
      asksReason={step === "CANCEL" && !isHold}
      words={text}
    />
  );
}
