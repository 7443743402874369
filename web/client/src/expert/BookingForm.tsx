import { type SubmitEvent, type ReactNode, useEffect, useRef } from "react";

import type { Draft } from "../session/drafts.ts";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { expertWords } from "./words.ts";

interface BookingFormProps {
  details: Draft;
  problems: Record<string, string>;
  isBusy: boolean;
  submitLabel: string;
  busyLabel: string;
  expertName: string;
  onChange: (details: Draft) => void;
  onSubmit: () => void;
  /** Further buttons. */
  children: ReactNode;
}

/** Form for contact data and note, shown while a slot is held. */
export function BookingForm(props: BookingFormProps) {
  const { details, problems, isBusy, submitLabel, busyLabel, onChange, onSubmit } = props;
  const text = useWords(expertWords);
  const form = useRef<HTMLFormElement>(null);
  const hasProblems = Object.keys(problems).length > 0;
  useEffect(() => {
    if (hasProblems) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [hasProblems, problems]);

  function field(name: keyof Draft) {
    const path = name === "note" ? name : `contact.${name}`;
    return {
      value: details[name],
      problem: problems[path],
      onChange: (event: { target: { value: string } }) =>
        onChange({ ...details, [name]: event.target.value }),
    };
  }

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    if (!isBusy) onSubmit();
  }

  return (
    <form ref={form} onSubmit={submit} noValidate className="grid gap-5">
      {hasProblems && (
        <p role="alert" className="text-danger">
          {text.correct}
        </p>
      )}
      <div className="grid gap-5 sm:grid-cols-2 sm:gap-4">
        <Field label={text.name} autoComplete="name" required maxLength={100} {...field("name")} />
        <Field label={text.email} type="email" autoComplete="email" required {...field("email")} />
      </div>
      <Field
        label={text.phone}
        type="tel"
        autoComplete="tel"
        required
        hint={text.phoneHint(props.expertName)}
        {...field("phone")}
      />
      <Field label={text.note} rows={3} maxLength={2_000} {...field("note")} />
      <div className="flex flex-wrap gap-3">
        <Button type="submit" kind="primary" isBusy={isBusy} className="max-sm:w-full">
          {isBusy ? busyLabel : submitLabel}
        </Button>
        {props.children}
      </div>
      <p className="text-sm text-muted">{text.draftKept}</p>
    </form>
  );
}
