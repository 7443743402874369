import { type ReactNode, useId } from "react";

import type { Hold } from "../holds/holds.ts";
import { PLACE_ICONS } from "../place/Place.tsx";
import { placeWords } from "../place/words.ts";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { type Money, useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { CountdownRing } from "../ui/CountdownRing.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import type { BookedExpert } from "./useReservation.ts";
import { stepWords } from "./stepWords.ts";

interface SummaryProps {
  hold: Hold;
  price: Money;
  isLost: boolean;
  expert: BookedExpert;
  /** Whether the details form is shown, which itself lists the next steps on narrow screens. */
  isAtForm: boolean;
}

/** Summary of the booking: end of the hold, place, price, cancellation deadline and next steps. */
export function Summary({ hold, price, isLost, expert, isAtForm }: SummaryProps) {
  const text = useWords(stepWords);
  const places = useWords(placeWords);
  const formats = useFormats();
  const { zone } = useTimePreferences();
  const session = places.session[hold.place.kind](formats.minutes(hold.minutes));
  const day = formats.day(formats.dateOf(hold.startsAt));
  const span = `${formats.time(hold.startsAt)} – ${formats.time(hold.slot.endsAt)}`;
  return (
    <aside
      aria-label={text.summary}
      className="self-start overflow-hidden rounded-xl border border-line bg-panel shadow-3"
    >
      {hold.heldUntil && !isLost && <KeptUntil from={hold.createdAt} until={hold.heldUntil} />}
      <div className="grid gap-4 p-5 md:p-7 lg:gap-5">
        <div className="flex items-center gap-4">
          <img
            src={expert.photoUrl}
            alt=""
            width={52}
            height={52}
            className="size-13 shrink-0 rounded-portrait bg-gone-bg"
          />
          <div className="min-w-0 wrap-anywhere max-lg:hidden">
            <p className="font-semibold">{expert.name}</p>
            <p className="text-sm text-muted">{expert.title}</p>
          </div>
          <div className="min-w-0 lg:hidden">
            <p className="display text-lg first-letter:uppercase">
              <time dateTime={hold.startsAt}>
                {day}, <span className="whitespace-nowrap">{span}</span>
              </time>
            </p>
            <p className="text-sm text-muted wrap-anywhere">
              {text.sessionWith(session, expert.name)}
            </p>
          </div>
        </div>
        <div className="max-lg:hidden">
          <p className="display text-xl first-letter:uppercase">
            <time dateTime={hold.startsAt}>
              {day}
              <br />
              {span}
            </time>
          </p>
          <p className="mt-1 text-sm text-muted">{text.inZone(zone.replaceAll("_", " "))}</p>
        </div>
        <ul className="grid gap-3 lg:gap-4">
          <Term icon={PLACE_ICONS[hold.place.kind]} title={session} isAbove>
            {places.before[hold.place.kind]}
          </Term>
          <Term icon="lock" title={text.fixedPrice(formats.price(price))}>
            <span className="max-lg:hidden">{text.fixedPriceBody}</span>
          </Term>
          <Deadline until={hold.cancellableUntil} />
        </ul>
        <div className={isAtForm ? "max-lg:hidden" : ""}>
          <WhatNext expert={expert} />
        </div>
      </div>
    </aside>
  );
}

function KeptUntil({ from, until }: { from: string; until: string }) {
  const text = useWords(stepWords);
  const formats = useFormats();
  return (
    <div className="flex items-center gap-4 border-b border-free-line bg-free-bg p-5 md:px-7">
      <CountdownRing from={from} until={until} label={text.keptFor} />
      <div>
        <p className="display text-lg">{text.kept}</p>
        <p className="text-sm text-muted">{text.keptUntil(formats.time(until))}</p>
      </div>
    </div>
  );
}

interface TermProps {
  icon: IconName;
  title: string;
  /** Whether to hide the title on narrow screens, because these show it further up already. */
  isAbove?: boolean;
  children?: ReactNode;
}

function Term({ icon, title, isAbove = false, children }: TermProps) {
  return (
    <li className="flex gap-4">
      <Icon name={icon} className="mt-0.5 size-5 text-accent" />
      <div className="min-w-0">
        <p className={`font-semibold ${isAbove ? "max-lg:hidden" : ""}`}>{title}</p>
        {children && <p className="text-sm text-muted">{children}</p>}
      </div>
    </li>
  );
}

/** The deadline for moving or cancelling a session, or the note that it has passed. */
export function Deadline({ until }: { until: string }) {
  const text = useWords(stepWords);
  const formats = useFormats();
  const isOpen = Date.parse(until) > useNow(60_000);
  return isOpen ? (
    <Term icon="undo" title={text.changeable}>
      {text.changeableUntil(formats.moment(until))}
    </Term>
  ) : (
    <Term icon="undo" title={text.notChangeable}>
      {text.notCancellable}
    </Term>
  );
}

/** Ordered list of the steps that follow a booking. */
export function WhatNext({ expert }: { expert: BookedExpert }) {
  const text = useWords(stepWords);
  const id = useId();
  const steps = [
    expert.availability.confirmsAutomatically
      ? text.nextConfirmed
      : text.nextRequested(expert.name),
    text.nextMail,
  ];
  return (
    <section aria-labelledby={id} className="grid gap-3 border-t border-line pt-5">
      <h2 id={id} className="text-base">
        {text.whatNext}
      </h2>
      <ol className="grid gap-2.5 text-sm text-muted">
        {steps.map((step, index) => (
          <li key={step} className="flex gap-3.5">
            <span
              aria-hidden
              className="grid size-5.5 shrink-0 place-items-center rounded-full bg-gone-bg text-xs font-semibold text-text"
            >
              {index + 1}
            </span>
            {step}
          </li>
        ))}
      </ol>
    </section>
  );
}
