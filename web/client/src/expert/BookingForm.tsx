import { type SubmitEvent, type ReactNode, useEffect, useRef } from "react";

import { PhoneField } from "../phone/PhoneField.tsx";
import type { Draft } from "../session/drafts.ts";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { stepWords } from "./stepWords.ts";

interface BookingFormProps {
  details: Draft;
  problems: Record<string, string>;
  isBusy: boolean;
  submitLabel: string;
  busyLabel: string;
  expertName: string;
  onChange: (details: Draft) => void;
  onSubmit: () => void;
  /** Shown above the submit button: the terms and, after a failed attempt to book, the reason. */
  terms: ReactNode;
  /** Further buttons. */
  children: ReactNode;
}

/** Form for the client's contact details and a note, shown while a slot is held. */
export function BookingForm(props: BookingFormProps) {
  const { details, problems, isBusy, submitLabel, busyLabel, onChange, onSubmit } = props;
  const text = useWords(stepWords);
  const form = useRef<HTMLFormElement>(null);
  const hasProblems = Object.keys(problems).length > 0;
  useEffect(() => {
    if (hasProblems) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [hasProblems, problems]);

  function field(name: "name" | "email" | "note") {
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
      <PhoneField
        label={text.phone}
        required
        hint={text.phoneHint(props.expertName)}
        phone={details.phone}
        country={details.country}
        problem={problems["contact.phone"]}
        onChange={(typed) => onChange({ ...details, ...typed })}
      />
      <Field label={text.note} rows={3} maxLength={2_000} {...field("note")} />
      {props.terms}
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
