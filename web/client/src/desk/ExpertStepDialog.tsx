import { useState } from "react";

import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { StepDialog } from "../bookings/StepDialog.tsx";
import type { StepRefusal } from "../bookings/useBookingSteps.ts";
import { useWords } from "../text/text.tsx";
import { deskWords } from "./words.ts";

/** Steps that the expert must confirm, because they cannot be undone. */
export type ConfirmedStep = "COMPLETE" | "MARK_NO_SHOW" | "CANCEL";

interface ExpertStepDialogProps {
  booking: DeskBookingFragment;
  step: ConfirmedStep;
  isBusy: boolean;
  onConfirm: (reason: string) => Promise<StepRefusal | null>;
  onClose: () => void;
}

/** Asks the expert to confirm a step; for a request, cancelling is called declining. */
export function ExpertStepDialog({ booking, step, ...rest }: ExpertStepDialogProps) {
  const text = useWords(deskWords);
  const [isRequest] = useState(booking.status === "PENDING");
  const declines = isRequest && step === "CANCEL";
  return (
    <StepDialog
      {...rest}
      title={declines ? text.askDecline : text.ask[step]}
      participant={booking.contact?.name}
      startsAt={booking.startsAt}
      body={text.askBody[step]}
      label={declines ? text.doDecline : text.doIt[step]}
      kind={step === "COMPLETE" ? "primary" : "danger"}
      asksReason={step === "CANCEL"}
      words={text}
    />
  );
}
