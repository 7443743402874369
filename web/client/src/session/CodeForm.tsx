import type { ReactNode } from "react";

import { appWords } from "../app/words.ts";
import { formatRemaining } from "../time/formatRemaining.ts";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { Button, type ButtonProps } from "../ui/Button.tsx";
import { CodeInput } from "./CodeInput.tsx";
import { CODE_LENGTH, printsMails } from "./codes.ts";
import { TooManyAttempts } from "./Form.tsx";
import type { CodeState } from "./useCode.ts";
import { sessionWords } from "./words.ts";

interface CodeFormProps {
  code: CodeState;
  submitLabel: string;
  busyLabel: string;
  kind?: ButtonProps["kind"];
  /** Hint beside the submit button that says what happens after the last digit. */
  hint?: string;
  /** The reason for a refusal that has nothing to do with the code itself. */
  problem?: string | undefined;
  /** Further buttons. */
  children?: ReactNode;
}

/** Form for a code that was sent by e-mail, with help if the code is wrong or does not arrive. */
export function CodeForm(props: CodeFormProps) {
  const { code, submitLabel, busyLabel, kind = "primary", hint, children } = props;
  const words = useWords(sessionWords);
  const { errors } = useWords(appWords);
  const { refusal } = code;
  const left = refusal?.reason === "WrongCode" ? (refusal.attemptsLeft ?? 0) : undefined;
  const problem =
    props.problem ??
    (code.hasFailed
      ? errors.unexpected
      : left === undefined
        ? refusal?.problems.email
        : left > 0
          ? words.wrongCode(left)
          : words.codeIsOver);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        code.submit();
      }}
      className="grid justify-items-start gap-5"
    >
      {refusal?.reason === "TooManyAttempts" && <TooManyAttempts until={refusal.retryAt} />}
      <div className="grid w-full gap-2">
        <CodeInput
          label={words.codeLabel}
          value={code.digits}
          problem={problem}
          isBusy={code.isBusy}
          onChange={code.type}
        />
        <SendAgain code={code} />
        {printsMails() && (
          <p className="rounded-md bg-held-bg px-3 py-2 text-sm text-held">{words.printedCode}</p>
        )}
      </div>
      <div className="flex w-full flex-wrap items-center gap-x-4 gap-y-3">
        <Button
          type="submit"
          kind={kind}
          isBusy={code.isBusy}
          disabled={!code.isBusy && code.digits.length < CODE_LENGTH}
          className="max-sm:w-full"
        >
          {code.isBusy ? busyLabel : submitLabel}
        </Button>
        {hint && <p className="text-sm text-muted">{hint}</p>}
        {children}
      </div>
    </form>
  );
}

/**
 * Button that sends another code once its countdown has ended. Screen readers do not announce each
 * second of the countdown.
 */
function SendAgain({ code }: { code: CodeState }) {
  const words = useWords(sessionWords);
  const now = useNow(1_000);
  const { resendAt, sentTo = "" } = code;
  const isWaiting = resendAt > now;
  return (
    <p className="text-[13px]/[18px] text-muted">
      {words.codeNotThere}{" "}
      {isWaiting ? (
        <span className="font-semibold tabular-nums">
          {words.sendAgainIn(formatRemaining(new Date(resendAt).toISOString(), now))}
        </span>
      ) : (
        <button
          type="button"
          aria-disabled={code.isBusy || undefined}
          onClick={() => {
            if (!code.isBusy) void code.request(sentTo);
          }}
          className="min-h-8 font-semibold text-accent underline"
        >
          {words.sendAgain}
        </button>
      )}
    </p>
  );
}
