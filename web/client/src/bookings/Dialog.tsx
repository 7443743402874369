import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

interface DialogProps {
  title: string;
  /** Called when it is left, by Escape too; not while its work is under way. */
  onClose(): void;
  isBusy?: boolean;
  children: ReactNode;
}

/** Something to decide first: the page behind it waits, and gets the focus back afterwards. */
export function Dialog({ title, onClose, isBusy = false, children }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Closed before it is taken away, so that the browser gives the focus back.
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
      className="m-auto w-[calc(100%-2rem)] max-w-form rounded-lg border border-line bg-panel p-6 text-text backdrop:bg-[#0008]"
    >
      <div className="grid gap-4">
        <h2 id={id} className="text-base font-semibold text-balance">
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}

/** Why what was decided could not be done, in place of the question; it gets the focus. */
export function Refusal({ children }: { children: ReactNode }) {
  return (
    <div ref={focused} tabIndex={-1} className="outline-none">
      {children}
    </div>
  );
}

/** A refusal in words alone. */
export function RefusalText({ children }: { children: ReactNode }) {
  return (
    <Refusal>
      <p role="alert" className="rounded-md border border-danger bg-danger-bg p-3 text-danger">
        {children}
      </p>
    </Refusal>
  );
}

function focused(element: HTMLElement | null): void {
  element?.focus();
}
