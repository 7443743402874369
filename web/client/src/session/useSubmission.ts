import { type SubmitEvent, useState } from "react";

import { appWords } from "../app/words.ts";
import { useWords } from "../text/text.tsx";
import { toastError } from "../ui/toast.tsx";
import {
  validateForm,
  type Refusal,
  type FormRefusal,
  toFormRefusal,
  refusalFromError,
} from "./refusals.ts";
import { sessionWords } from "./words.ts";

/** State of a form's submission. */
export interface Submission {
  readonly isBusy: boolean;
  readonly refusal: FormRefusal | null;
  onSubmit: (event: SubmitEvent<HTMLFormElement>) => void;
}

/**
 * Submit a form's values, keyed by field name, and keep the reason for a refusal.
 *
 * @param send sends the values; it resolves to a refusal, or to null or undefined on success.
 */
export function useSubmission(
  send: (
    values: Record<string, string>,
    form: HTMLFormElement,
  ) => Promise<Refusal | null | undefined>,
): Submission {
  const words = useWords(sessionWords);
  const { errors } = useWords(appWords);
  const [isBusy, setIsBusy] = useState(false);
  const [refusal, setRefusal] = useState<FormRefusal | null>(null);

  async function submit(form: HTMLFormElement): Promise<void> {
    const incomplete = validateForm(form, words);
    if (incomplete) {
      setRefusal(incomplete);
      return;
    }
    const values = Object.fromEntries(new FormData(form)) as Record<string, string>;
    setIsBusy(true);
    try {
      const refusal = await send(values, form);
      setRefusal(refusal ? toFormRefusal(refusal, words, Date.now()) : null);
    } catch (error) {
      const refusal = refusalFromError(error, words);
      setRefusal(refusal ?? null);
      if (!refusal) void toastError(errors.unexpected);
    } finally {
      setIsBusy(false);
    }
  }

  return {
    isBusy,
    refusal,
    onSubmit(event) {
      event.preventDefault();
      if (!isBusy) void submit(event.currentTarget);
    },
  };
}
