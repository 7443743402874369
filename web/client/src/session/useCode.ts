import { useMutation } from "@apollo/client/react";
import { useState } from "react";

import { useWords } from "../text/text.tsx";
import { CODE_LENGTH, REQUEST_CODE, RESEND_AFTER_MS } from "./codes.ts";
import { type FormRefusal, type Refusal, refusalFromError, toFormRefusal } from "./refusals.ts";
import { sessionWords } from "./words.ts";

/** State of verifying an e-mail address with a code that is sent to it. */
export interface CodeState {
  /** The e-mail address to which the code was sent; undefined until a code has been sent. */
  readonly sentTo: string | undefined;
  /** Instant from which another code can be requested, in milliseconds. */
  readonly resendAt: number;
  readonly digits: string;
  readonly isBusy: boolean;
  readonly refusal: FormRefusal | null;
  /** Whether the last request got no response, for example because the device is offline. */
  readonly hasFailed: boolean;
  /** Request a code by e-mail; resolve to whether the server accepted the request. */
  request: (email: string) => Promise<boolean>;
  /** Set the digits that were typed so far; by default, the sixth digit submits the code. */
  type: (digits: string) => void;
  submit: () => void;
  /** Go back to the input of the e-mail address. */
  change: () => void;
}

interface CodeOptions {
  /** Whether typing the last digit submits the code; false for actions that cannot be undone. */
  submitsItself?: boolean;
  /** The e-mail address to which a code was sent before the page was reloaded. */
  awaitedFrom?: string | undefined;
}

/**
 * Request a code for an e-mail address, and submit the code that the user types.
 *
 * @param send submits the code. It resolves to null or undefined on success, to a refusal, or to
 *   "change" if the user must first correct something other than the code.
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
      const found = refusalFromError(error, words);
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
