import { type ReactNode, useEffect, useRef } from "react";

import { remaining } from "../expert/remaining.ts";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { Button } from "../ui/Button.tsx";
import type { Attempt } from "./useAttempt.ts";
import { sessionWords } from "./words.ts";

interface FormProps {
  attempt: Attempt;
  /** Label of the submit button, and its label while busy. */
  action: string;
  busy: string;
  /** Message for wrong credentials, unless a field shows it. */
  wrong?: string;
  children: ReactNode;
}

/** Form that shows why it was refused, and focuses the first invalid field. */
export function Form({ attempt, action, busy, wrong, children }: FormProps) {
  const { isBusy, refused, onSubmit } = attempt;
  const words = useWords(sessionWords);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (refused) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [refused]);
  const hasProblems = refused?.why === "InvalidInput" || refused?.why === "Incomplete";
  return (
    <form ref={form} onSubmit={onSubmit} noValidate className="grid gap-4">
      <div role="alert" className="contents">
        {hasProblems && <p className="sr-only">{words.correct}</p>}
        {refused?.why === "WrongCredentials" && wrong && <Alert>{wrong}</Alert>}
      </div>
      {refused?.why === "TooManyAttempts" && <TooMany until={refused.until} />}
      {children}
      <Button type="submit" kind="primary" isBusy={isBusy} className="justify-self-start">
        {isBusy ? busy : action}
      </Button>
    </form>
  );
}

function Alert({ children }: { children: ReactNode }) {
  return (
    <p className="rounded-md border border-danger bg-danger-bg px-3 py-2 text-danger">{children}</p>
  );
}

/** Time until the next attempt; screen readers can read it, but do not announce each second. */
function TooMany({ until }: { until: string | undefined }) {
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
            {remaining(until, now)}
          </span>
        )}
      </p>
    </div>
  );
}
