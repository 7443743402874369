import { type RefObject, useEffect, useRef, useState } from "react";

import type { Problems } from "./problems.ts";

interface FormProblems {
  /** Ref of the form or of the element that contains its fields. */
  readonly form: RefObject<HTMLFormElement | null>;
  /** The problems, keyed by field; undefined while nothing is wrong. */
  readonly problems: Problems | undefined;
  setProblems: (problems: Problems | undefined) => void;
}

/** The problems of a form's fields. New problems move the focus to the first field that has one. */
export function useProblems(): FormProblems {
  const form = useRef<HTMLFormElement>(null);
  const [problems, setProblems] = useState<Problems>();
  useEffect(() => {
    if (problems) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [problems]);
  return { form, problems, setProblems };
}
