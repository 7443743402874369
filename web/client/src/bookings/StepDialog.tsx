import { type ReactNode, useState } from "react";

import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog, RefusalText } from "./Dialog.tsx";
import type { StepRefusal } from "./useBookingSteps.ts";

/** Texts of the dialog, for the client or the expert. */
interface StepDialogWords {
  readonly keep: string;
  readonly close: string;
  readonly busy: string;
  readonly notAllowed: string;
  tooLate: (deadline: string) => string;
}

interface StepDialogProps {
  title: string;
  /** The other participant's name. */
  participant: string | undefined;
  startsAt: string;
  /** Consequences of the step. */
  body: ReactNode;
  /** Text of the button that confirms. */
  label: string;
  kind: "primary" | "danger";
  words: StepDialogWords;
  isBusy: boolean;
  /** Perform the step; resolves to the refusal, or to null after it has closed the dialog. */
  onConfirm: () => Promise<StepRefusal | null>;
  onClose: () => void;
}

/** Asks for confirmation of a step that cannot be undone; shows why it was refused. */
export function StepDialog(props: StepDialogProps) {
  const { title, participant, startsAt, body, label, kind, words, isBusy, onConfirm, onClose } =
    props;
  const formats = useFormats();
  const [refusal, setRefusal] = useState<StepRefusal | null>(null);
  return (
    <Dialog title={title} isBusy={isBusy} onClose={onClose}>
      <p>
        <span className="font-medium">{participant}</span>
        <br />
        <span className="text-muted">{formats.moment(startsAt)}</span>
      </p>
      {refusal ? (
        <RefusalText>
          {refusal.deadline ? words.tooLate(formats.moment(refusal.deadline)) : words.notAllowed}
        </RefusalText>
      ) : (
        <p className="text-muted">{body}</p>
      )}
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={() => !isBusy && onClose()}>{refusal ? words.close : words.keep}</Button>
        {!refusal && (
          <Button kind={kind} isBusy={isBusy} onClick={() => void onConfirm().then(setRefusal)}>
            {isBusy ? words.busy : label}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
