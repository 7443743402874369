import { useState } from "react";

import type { DeskBookingFragment } from "../api/gql/graphql.ts";
import { Dialog, RefusalText } from "../bookings/Dialog.tsx";
import type { Refused } from "../bookings/useMoves.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { deskWords } from "./words.ts";

/** The steps that cannot be undone. */
export type AskedStep = "COMPLETE" | "MARK_NO_SHOW" | "CANCEL";

interface AskStepProps {
  booking: DeskBookingFragment;
  step: AskedStep;
  isBusy: boolean;
  /** Make the step: closes the dialog, or answers why it was refused. */
  onConfirm(): Promise<Refused | null>;
  onClose(): void;
}

/** Asks the expert before a step that cannot be undone, and says there why it was refused. */
export function AskStep({ booking, step, isBusy, onConfirm, onClose }: AskStepProps) {
  const text = useWords(deskWords);
  const formats = useFormats();
  const [refused, setRefused] = useState<Refused | null>(null);
  const [isRequest] = useState(booking.status === "PENDING");
  const declines = isRequest && step === "CANCEL";
  return (
    <Dialog title={declines ? text.askDecline : text.ask[step]} isBusy={isBusy} onClose={onClose}>
      <p>
        <span className="font-medium">{booking.contact?.name}</span>
        <br />
        <span className="text-muted">{formats.moment(booking.startsAt)}</span>
      </p>
      {refused ? (
        <RefusalText>
          {refused.deadline ? text.tooLate(formats.moment(refused.deadline)) : text.notAllowed}
        </RefusalText>
      ) : (
        <p className="text-muted">{text.askBody[step]}</p>
      )}
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={() => !isBusy && onClose()}>{refused ? text.close : text.keep}</Button>
        {!refused && (
          <Button
            kind={step === "COMPLETE" ? "primary" : "danger"}
            isBusy={isBusy}
            onClick={() => void onConfirm().then(setRefused)}
          >
            {isBusy ? text.busy : declines ? text.doDecline : text.doIt[step]}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
