import { type SubmitEvent, type ReactNode, useEffect, useRef } from "react";

import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { formatRemaining } from "./formatRemaining.ts";
import type { Hold } from "./useReservation.ts";
import { useWords } from "../text/text.tsx";
import { expertWords } from "./words.ts";

/** Contact data and note as typed; the page keeps them when the slot is lost. */
export interface ContactDetails {
  name: string;
  email: string;
  phone: string;
  note: string;
}

interface BookingFormProps {
  hold: Hold;
  details: ContactDetails;
  problems: Record<string, string>;
  isBusy: boolean;
  /** Warning that does not prevent booking. */
  warning: ReactNode;
  /** Message that the slot was lost, with alternatives. */
  notice: ReactNode;
  onChange: (details: ContactDetails) => void;
  onSubmit: () => void;
  onBack: () => void;
}

/** Form for contact data and note, shown while a slot is held. */
export function BookingForm(props: BookingFormProps) {
  const { hold, details, problems, isBusy, warning, notice, onChange, onSubmit, onBack } = props;
  const text = useWords(expertWords);
  const formats = useFormats();
  const heading = useRef<HTMLHeadingElement>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const hasProblems = Object.keys(problems).length > 0;
  useEffect(() => {
    if (hasProblems) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [hasProblems, problems]);

  function field(name: keyof ContactDetails) {
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
    <section aria-labelledby="details" className="grid max-w-form content-start gap-4">
      <h2 id="details" ref={heading} tabIndex={-1} className="text-lg outline-none">
        {text.form}
      </h2>
      <dl className="grid gap-1">
        <dt className="sr-only">{text.when}</dt>
        <dd className="font-medium first-letter:uppercase">{formats.moment(hold.startsAt)}</dd>
        <dt className="sr-only">{text.cost}</dt>
        <dd className="text-muted">
          {formats.minutes(hold.minutes)} · {formats.price(hold.price)}
        </dd>
      </dl>
      <Cancellation until={hold.cancellableUntil} />
      {warning}
      {notice ?? (hold.heldUntil && <HoldCountdown until={hold.heldUntil} />)}
      <form ref={form} onSubmit={submit} noValidate className="grid gap-4">
        {hasProblems && (
          <p role="alert" className="text-danger">
            {text.correct}
          </p>
        )}
        <Field label={text.name} autoComplete="name" required maxLength={100} {...field("name")} />
        <Field label={text.email} type="email" autoComplete="email" required {...field("email")} />
        <Field
          label={text.phone}
          type="tel"
          autoComplete="tel"
          required
          hint={text.phoneHint}
          {...field("phone")}
        />
        <Field label={text.note} rows={3} maxLength={2_000} {...field("note")} />
        <div className="flex flex-wrap gap-3">
          <Button type="submit" kind="primary" isBusy={isBusy}>
            {isBusy ? text.booking : text.book}
          </Button>
          <Button onClick={onBack}>{text.back}</Button>
        </div>
      </form>
    </section>
  );
}

/** Until when the client may cancel, which can be past already. */
function Cancellation({ until }: { until: string }) {
  const text = useWords(expertWords);
  const formats = useFormats();
  const isOpen = Date.parse(until) > useNow(60_000);
  return (
    <p className="text-muted">
      {isOpen ? text.cancellableUntil(formats.moment(until)) : text.notCancellable}
    </p>
  );
}

/** Countdown; screen readers are told only its end, not each second. */
function HoldCountdown({ until }: { until: string }) {
  const text = useWords(expertWords);
  const left = formatRemaining(until, useNow(1_000));
  return (
    <p className="flex items-center justify-between rounded-md border border-dashed border-held bg-held-bg px-3 py-2 text-held">
      {text.keptFor}
      <span role="timer" className="font-semibold tabular-nums">
        {left}
      </span>
    </p>
  );
}
