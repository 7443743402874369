import { type ReactNode, useEffect, useRef } from "react";

import { formatRemaining } from "../time/formatRemaining.ts";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { Button } from "../ui/Button.tsx";
import type { Submission } from "./useSubmission.ts";
import { sessionWords } from "./words.ts";

interface FormProps {
  submission: Submission;
  /** The submit button's usual label, and its label while the form is being submitted. */
  submitLabel: string;
  busyLabel: string;
  /** Message about wrong credentials; undefined if a field shows it. */
  wrongCredentials?: string;
  children: ReactNode;
}

/** Form that shows why the server refused it, and focuses the first invalid field. */
export function Form({
  submission,
  submitLabel,
  busyLabel,
  wrongCredentials,
  children,
}: FormProps) {
  const { isBusy, refusal, onSubmit } = submission;
  const words = useWords(sessionWords);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (refusal) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [refusal]);
  const hasProblems = refusal?.reason === "InvalidInput" || refusal?.reason === "Incomplete";
  return (
    <form ref={form} onSubmit={onSubmit} noValidate className="grid gap-4">
      <div role="alert" className="contents">
        {hasProblems && <p className="sr-only">{words.correct}</p>}
        {refusal?.reason === "WrongCredentials" && wrongCredentials && (
          <Alert>{wrongCredentials}</Alert>
        )}
      </div>
      {refusal?.reason === "TooManyAttempts" && <TooManyAttempts until={refusal.retryAt} />}
      {children}
      <Button type="submit" kind="primary" isBusy={isBusy} className="justify-self-start">
        {isBusy ? busyLabel : submitLabel}
      </Button>
    </form>
  );
}

function Alert({ children }: { children: ReactNode }) {
  return (
    <p className="rounded-md border border-danger bg-danger-bg px-3 py-2 text-danger">{children}</p>
  );
}

/**
 * Time until the user can try again. Screen readers can read it, but do not announce each second.
 */
export function TooManyAttempts({ until }: { until: string | undefined }) {
  const words = useWords(sessionWords);
  const now = useNow(1_000);
  const isWaiting = until === undefined || Date.parse(until) > now;
  return (
    <div className="grid gap-1 rounded-md border border-held bg-held-bg px-3 py-2 text-held">
      <p role="alert" className="font-medium">
        {words.tooMany}
      </p>
      <p>
        {!isWaiting ? words.waitIsOver : until ? words.waitFor : words.waitAWhile}{" "}
        {isWaiting && until && (
          <span role="timer" className="font-semibold tabular-nums">
            {formatRemaining(until, now)}
          </span>
        )}
      </p>
    </div>
  );
}
