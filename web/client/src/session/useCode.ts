import { useMutation } from "@apollo/client/react";
import { useState } from "react";

import { useWords } from "../text/text.tsx";
import { CODE_LENGTH, REQUEST_CODE, RESEND_AFTER_MS } from "./codes.ts";
import { type FormRefusal, type Refusal, refusalFromError, toFormRefusal } from "./refusals.ts";
import { sessionWords } from "./words.ts";

/** The state of proving an e-mail address with a mailed code. */
export interface CodeState {
  /** The address that the code was sent to; undefined before. */
  readonly sentTo: string | undefined;
  /** Instant from which another code can be requested, in milliseconds. */
  readonly resendAt: number;
  readonly digits: string;
  readonly isBusy: boolean;
  readonly refusal: FormRefusal | null;
  /** Whether the last action got no answer, for example because the device is offline. */
  readonly hasFailed: boolean;
  /** Mail a code; resolves to whether that was accepted. */
  request: (email: string) => Promise<boolean>;
  /** Take typed digits; by default the sixth submits them. */
  type: (digits: string) => void;
  submit: () => void;
  /** Go back to the input of the e-mail address. */
  change: () => void;
}

interface CodeOptions {
  /** Whether the last digit submits the code; false where the action cannot be undone. */
  submitsItself?: boolean;
  /** The address to which a code was sent before the page was reloaded. */
  awaitedFrom?: string | undefined;
}

/**
 * Mails a code to an e-mail address, and submits what is typed.
 *
 * @param send submits the code; resolves to nothing on success, to the refusal, or to "change" if
 *   something other than the code must be corrected first.
 */
export function useCode(
  send: (code: string, email: string) => Promise<Refusal | "change" | null | undefined>,
  { submitsItself = true, awaitedFrom }: CodeOptions = {},
): CodeState {
  const words = useWords(sessionWords);
  const [requestCode] = useMutation(REQUEST_CODE);
  const [sentTo, setSentTo] = useState(awaitedFrom);
  const [resendAt, setResendAt] = useState(0);
  const [digits, setDigits] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [refusal, setRefusal] = useState<FormRefusal | null>(null);
  const [hasFailed, setHasFailed] = useState(false);

  async function attempt(action: () => Promise<FormRefusal | null>): Promise<boolean> {
    setIsBusy(true);
    setHasFailed(false);
    setRefusal(null);
    try {
      const found = await action();
      setRefusal(found);
      return !found;
    } catch (error) {
      const found = refusalFromError(error);
      setRefusal(found ?? null);
      setHasFailed(!found);
      return false;
    } finally {
      setIsBusy(false);
    }
  }

  function submit(code: string): void {
    if (isBusy || sentTo === undefined || code.length < CODE_LENGTH) return;
    void attempt(async () => {
      const found = await send(code, sentTo);
      if (found) setDigits("");
      if (found === "change") setSentTo(undefined);
      return found && found !== "change" ? toFormRefusal(found, words, Date.now()) : null;
    });
  }

  return {
    sentTo,
    resendAt,
    digits,
    isBusy,
    refusal,
    hasFailed,
    request: (email) =>
      attempt(async () => {
        await requestCode({ variables: { input: { email } } });
        setSentTo(email);
        setDigits("");
        setResendAt(Date.now() + RESEND_AFTER_MS);
        return null;
      }),
    type(typed) {
      setDigits(typed);
      if (submitsItself && typed.length === CODE_LENGTH) submit(typed);
    },
    submit: () => submit(digits),
    change() {
      setSentTo(undefined);
      setDigits("");
      setRefusal(null);
    },
  };
}
