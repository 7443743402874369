import { type ReactNode, useState } from "react";

import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { Dialog, RefusalText } from "./Dialog.tsx";
import type { StepRefusal } from "./useBookingSteps.ts";

/** Maximum length of the reasons that the server accepts, in characters. */
const MAX_REASON_CHARS = 500;

/** Texts of the dialog, in a version for the client or for the expert. */
interface StepDialogWords {
  readonly keep: string;
  readonly close: string;
  readonly busy: string;
  readonly notAllowed: string;
  readonly reason: string;
  readonly reasonHint: string;
  tooLate: (deadline: string) => string;
}

interface StepDialogProps {
  title: string;
  /** The other participant's name. */
  participant: string | undefined;
  startsAt: string;
  /** Explanation of the step's consequences. */
  body: ReactNode;
  /** Text of the button that confirms the step. */
  label: string;
  kind: "primary" | "danger";
  /** Whether the dialog has a field for an optional reason. */
  asksReason?: boolean;
  words: StepDialogWords;
  isBusy: boolean;
  /** Perform the step; resolve to a refusal, or, after the dialog was closed, to null. */
  onConfirm: (reason: string) => Promise<StepRefusal | null>;
  onClose: () => void;
}

/** Asks for confirmation of a step that cannot be undone; shows why the step is refused. */
export function StepDialog(props: StepDialogProps) {
  const { title, participant, startsAt, body, label, kind, words, isBusy, onConfirm, onClose } =
    props;
  const formats = useFormats();
  const [reason, setReason] = useState("");
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
      {props.asksReason && !refusal && (
        <Field
          label={words.reason}
          hint={words.reasonHint}
          rows={3}
          maxLength={MAX_REASON_CHARS}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
        />
      )}
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={() => !isBusy && onClose()}>{refusal ? words.close : words.keep}</Button>
        {!refusal && (
          <Button
            kind={kind}
            isBusy={isBusy}
            onClick={() => void onConfirm(reason.trim()).then(setRefusal)}
          >
            {isBusy ? words.busy : label}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
