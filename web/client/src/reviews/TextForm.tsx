import { type ReactNode, type SubmitEvent, useState } from "react";

import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import type { Problems } from "../ui/problems.ts";
import { useProblems } from "../ui/useProblems.ts";
import { reviewWords } from "./words.ts";

/** Maximum number of characters of a review or an answer. */
export const MAX_CHARS = 2_000;

interface TextFormProps {
  label: string;
  hint: string;
  placeholder?: string;
  initial: string;
  maxLength?: number;
  action: string;
  kind?: "primary" | "danger";
  isBusy: boolean;
  /** Check the text before it is sent; return the problems, or undefined if there are none. */
  check: (text: string) => Problems | undefined;
  /** Send the text; resolve to the problems, or to undefined on success. */
  onSend: (text: string) => Promise<Problems | undefined>;
  /** Called when the user cancels; undefined if there is nothing to go back to. */
  onCancel?: (() => void) | undefined;
  /** Whether the text field takes the focus when the form appears. */
  autoFocus?: boolean;
  /** Renders further fields above the text field, given the current problems. */
  children?: (problems: Problems | undefined) => ReactNode;
}

/** Form with a multi-line text field for a review, an answer or a reason. */
export function TextForm(props: TextFormProps) {
  const { label, hint, placeholder, initial, maxLength = MAX_CHARS, autoFocus = false } = props;
  const { action, kind = "primary", isBusy, check, onSend, onCancel, children } = props;
  const words = useWords(reviewWords);
  const [text, setText] = useState(initial);
  const { form, problems, setProblems } = useProblems();

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    if (isBusy) return;
    const found = check(text.trim());
    setProblems(found);
    if (!found) void onSend(text.trim()).then(setProblems);
  }

  return (
    <form ref={form} noValidate onSubmit={submit} className="grid gap-4">
      {children?.(problems)}
      <Field
        label={label}
        hint={hint}
        rows={4}
        maxLength={maxLength}
        autoFocus={autoFocus}
        {...(placeholder && { placeholder })}
        value={text}
        problem={problems?.text ?? problems?.reason}
        onChange={({ target }) => setText(target.value)}
      />
      <p role="alert" className="text-danger empty:hidden">
        {problems?.form}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" kind={kind} isBusy={isBusy}>
          {isBusy ? words.publishing : action}
        </Button>
        {onCancel && <Button onClick={() => !isBusy && onCancel()}>{words.cancel}</Button>}
      </div>
    </form>
  );
}
