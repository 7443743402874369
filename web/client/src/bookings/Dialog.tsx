import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

import { focusOnMount } from "../ui/focusOnMount.ts";

interface DialogProps {
  title: string;
  /** Called on Escape or close; ignored while busy. */
  onClose: () => void;
  isBusy?: boolean;
  children: ReactNode;
}

/** Modal dialog; when it closes, the focus returns to the element that opened it. */
export function Dialog({ title, onClose, isBusy = false, children }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Close before unmounting, so that the browser restores the focus.
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
      // Some browsers close a dialog on a second Escape, without a cancel event.
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

/** Alert that replaces the question when the action was refused; it takes the focus. */
export function Refusal({ children }: { children: ReactNode }) {
  return (
    <div ref={focusOnMount} tabIndex={-1} className="outline-none">
      {children}
    </div>
  );
}

/** Refusal that consists of text only. */
export function RefusalText({ children }: { children: ReactNode }) {
  return (
    <Refusal>
      <p role="alert" className="rounded-md border border-danger bg-danger-bg p-3 text-danger">
        {children}
      </p>
    </Refusal>
  );
}
