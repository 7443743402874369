import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

import { focusOnMount } from "../ui/focusOnMount.ts";

interface DialogProps {
  title: string;
  /** Called when the user or the browser closes the dialog, unless the dialog is busy. */
  onClose: () => void;
  isBusy?: boolean;
  children: ReactNode;
}

/** Modal dialog; when it closes, the focus returns to the element that opened it. */
export function Dialog({ title, onClose, isBusy = false, children }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Close the dialog before it is unmounted, so that the browser restores the focus.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!isBusy) onClose();
      }}
      // If Escape is pressed twice, some browsers close a dialog without a cancel event.
      onClose={() => {
        if (isBusy) dialog.current?.showModal();
        else onClose();
      }}
      className="m-auto w-[calc(100%-2rem)] max-w-form rounded-[24px] border border-line bg-raised p-6 text-text shadow-3 backdrop:bg-scrim"
    >
      <div className="grid gap-4">
        <h2 id={id} className="text-lg">
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}

/** Container for a refusal's explanation; it takes the focus when it is shown. */
export function Refusal({ children }: { children: ReactNode }) {
  return (
    <div ref={focusOnMount} tabIndex={-1} className="outline-none">
      {children}
    </div>
  );
}

/** Alert with a text that explains why the server refused the action. */
export function RefusalText({ children }: { children: ReactNode }) {
  return (
    <Refusal>
      <p role="alert" className="rounded-md border border-danger bg-danger-bg p-3 text-danger">
        {children}
      </p>
    </Refusal>
  );
}
