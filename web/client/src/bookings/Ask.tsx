import { useState } from "react";

import type { BookingCardFragment } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog, RefusalText } from "./Dialog.tsx";
import type { Refused, Step } from "./useMoves.ts";
import { bookingsWords } from "./words.ts";

interface AskProps {
  booking: BookingCardFragment;
  step: Exclude<Step, "CONFIRM">;
  isBusy: boolean;
  /** Make the step: closes the dialog, or answers why it was refused. */
  onConfirm(): Promise<Refused | null>;
  onClose(): void;
}

/** Asks before a step that cannot be undone, and says there why it was refused. */
export function Ask({ booking, step, isBusy, onConfirm, onClose }: AskProps) {
  const text = useWords(bookingsWords);
  const formats = useFormats();
  const [refused, setRefused] = useState<Refused | null>(null);
  const isHold = step === "CANCEL" && booking.status === "HELD";
  const hasDeadline = step === "CANCEL" && !isHold && booking.viewerActions.includes("CANCEL");

  return (
    <Dialog title={isHold ? text.askRelease : text.ask[step]} isBusy={isBusy} onClose={onClose}>
      <p>
        <span className="font-medium">{booking.expert.name}</span>
        <br />
        <span className="text-muted">{formats.moment(booking.startsAt)}</span>
      </p>
      {refused ? (
        <RefusalText>
          {refused.deadline ? text.tooLate(formats.moment(refused.deadline)) : text.notAllowed}
        </RefusalText>
      ) : (
        <p className="text-muted">
          {text.askBody[step]}
          {hasDeadline && ` ${text.changeableUntil(formats.moment(booking.cancellableUntil))}`}
        </p>
      )}
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={() => !isBusy && onClose()}>{refused ? text.close : text.keep}</Button>
        {!refused && (
          <Button
            kind={step === "COMPLETE" ? "primary" : "danger"}
            isBusy={isBusy}
            onClick={() => void onConfirm().then(setRefused)}
          >
            {isBusy ? text.busy : isHold ? text.release : text.doIt[step]}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
