import { useState } from "react";

import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { StepDialog } from "../bookings/StepDialog.tsx";
import type { Refused } from "../bookings/useMoves.ts";
import { useWords } from "../text/text.tsx";
import { deskWords } from "./words.ts";

/** Steps that cannot be undone. */
export type AskedStep = "COMPLETE" | "MARK_NO_SHOW" | "CANCEL";

interface AskStepProps {
  booking: DeskBookingFragment;
  step: AskedStep;
  isBusy: boolean;
  onConfirm(): Promise<Refused | null>;
  onClose(): void;
}

/** Asks the expert to confirm a step; cancelling a request is worded as declining it. */
export function AskStep({ booking, step, ...rest }: AskStepProps) {
  const text = useWords(deskWords);
  const [isRequest] = useState(booking.status === "PENDING");
  const declines = isRequest && step === "CANCEL";
  return (
    <StepDialog
      {...rest}
      title={declines ? text.askDecline : text.ask[step]}
      who={booking.contact?.name}
      startsAt={booking.startsAt}
      body={text.askBody[step]}
      label={declines ? text.doDecline : text.doIt[step]}
      kind={step === "COMPLETE" ? "primary" : "danger"}
      words={text}
    />
  );
}
