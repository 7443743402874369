import { type ReactNode, useState } from "react";

import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog, RefusalText } from "./Dialog.tsx";
import type { Refused } from "./useMoves.ts";

/** Texts of the dialog, for the client or the expert. */
interface StepWords {
  readonly keep: string;
  readonly close: string;
  readonly busy: string;
  readonly notAllowed: string;
  tooLate(deadline: string): string;
}

interface StepDialogProps {
  title: string;
  /** The other participant's name. */
  who: string | undefined;
  startsAt: string;
  /** Consequences of the step. */
  body: ReactNode;
  /** Text of the button that confirms. */
  label: string;
  kind: "primary" | "danger";
  words: StepWords;
  isBusy: boolean;
  /** Perform the step; resolves to the refusal, or to null after it has closed the dialog. */
  onConfirm(): Promise<Refused | null>;
  onClose(): void;
}

/** Asks for confirmation of a step that cannot be undone; shows why it was refused. */
export function StepDialog(props: StepDialogProps) {
  const { title, who, startsAt, body, label, kind, words, isBusy, onConfirm, onClose } = props;
  const formats = useFormats();
  const [refused, setRefused] = useState<Refused | null>(null);
  return (
    <Dialog title={title} isBusy={isBusy} onClose={onClose}>
      <p>
        <span className="font-medium">{who}</span>
        <br />
        <span className="text-muted">{formats.moment(startsAt)}</span>
      </p>
      {refused ? (
        <RefusalText>
          {refused.deadline ? words.tooLate(formats.moment(refused.deadline)) : words.notAllowed}
        </RefusalText>
      ) : (
        <p className="text-muted">{body}</p>
      )}
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={() => !isBusy && onClose()}>{refused ? words.close : words.keep}</Button>
        {!refused && (
          <Button kind={kind} isBusy={isBusy} onClick={() => void onConfirm().then(setRefused)}>
            {isBusy ? words.busy : label}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
