import { useState } from "react";

import { Dialog, RefusalText } from "../bookings/Dialog.tsx";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { administrationWords } from "./words.ts";

interface ConfirmDialogProps {
  title: string;
  body: string;
  action: string;
  isBusy: boolean;
  /**
   * Make the change. Resolve to the reason if it is refused; otherwise close the dialog, and
   * resolve to "".
   */
  onConfirm: () => Promise<string>;
  onClose: () => void;
}

/** Asks for confirmation of a change that affects other people; shows why the change is refused. */
export function ConfirmDialog({
  title,
  body,
  action,
  isBusy,
  onConfirm,
  onClose,
}: ConfirmDialogProps) {
  const text = useWords(administrationWords);
  const [refusal, setRefusal] = useState("");
  return (
    <Dialog title={title} isBusy={isBusy} onClose={onClose}>
      {refusal ? <RefusalText>{refusal}</RefusalText> : <p className="text-muted">{body}</p>}
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={() => !isBusy && onClose()}>{refusal ? text.close : text.cancel}</Button>
        {!refusal && (
          <Button kind="danger" isBusy={isBusy} onClick={() => void onConfirm().then(setRefusal)}>
            {action}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
