import { type FormEvent, useState } from "react";

import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import { toastError } from "../ui/toast.tsx";
import { missingIn, type Refusal, type Refused, refusedBy, refusedByError } from "./refusals.ts";
import { sessionWords } from "./words.ts";

/** State of a form's submission. */
export interface Attempt {
  readonly isBusy: boolean;
  readonly refused: Refused | null;
  onSubmit(event: FormEvent<HTMLFormElement>): void;
}

/**
 * Submits a form's values by field name, and keeps the reason of a refusal.
 *
 * @param send resolves to the refusal, or to nothing on success.
 */
export function useAttempt(
  send: (
    values: Record<string, string>,
    form: HTMLFormElement,
  ) => Promise<Refusal | null | undefined>,
): Attempt {
  const words = useWords(sessionWords);
  const { errors } = useWords(appWords);
  const [isBusy, setIsBusy] = useState(false);
  const [refused, setRefused] = useState<Refused | null>(null);

  async function attempt(form: HTMLFormElement): Promise<void> {
    const missing = missingIn(form, words);
    if (missing) return setRefused(missing);
    const values = Object.fromEntries(new FormData(form)) as Record<string, string>;
    setIsBusy(true);
    try {
      const refusal = await send(values, form);
      setRefused(refusal ? refusedBy(refusal, words, Date.now()) : null);
    } catch (error) {
      const refused = refusedByError(error);
      setRefused(refused ?? null);
      if (!refused) void toastError(errors.unexpected);
    } finally {
      setIsBusy(false);
    }
  }

  return {
    isBusy,
    refused,
    onSubmit(event) {
      event.preventDefault();
      if (!isBusy) void attempt(event.currentTarget);
    },
  };
}
