import { type ReactNode, useId } from "react";

import { PLACE_ICONS } from "../place/Place.tsx";
import { placeWords } from "../place/words.ts";
import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { type Money, useFormats } from "../time/formats.ts";
import { useTimePreferences } from "../time/preferences.ts";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { formatRemaining } from "./formatRemaining.ts";
import type { BookedExpert, Hold } from "./useReservation.ts";
import { expertWords } from "./words.ts";

interface SummaryProps {
  hold: Hold;
  price: Money;
  isLost: boolean;
  expert: BookedExpert;
}

/** Summary of the booking: end of the hold, place, price, deadline, and the next steps. */
export function Summary({ hold, price, isLost, expert }: SummaryProps) {
  const text = useWords(expertWords);
  const places = useWords(placeWords);
  const formats = useFormats();
  const { zone } = useTimePreferences();
  const next = [
    expert.availability.confirmsAutomatically
      ? text.nextConfirmed
      : text.nextRequested(expert.name),
    text.nextMail,
  ];
  return (
    <aside
      aria-label={text.summary}
      className="self-start overflow-hidden rounded-xl border border-line bg-panel shadow-3"
    >
      {hold.heldUntil && !isLost && <KeptUntil until={hold.heldUntil} />}
      <div className="grid gap-5 p-5 md:p-7">
        <div className="flex items-center gap-4">
          <img
            src={expert.photoUrl}
            alt=""
            width={52}
            height={52}
            className="size-13 shrink-0 rounded-portrait bg-gone-bg"
          />
          <div className="min-w-0">
            <p className="font-semibold wrap-anywhere">{expert.name}</p>
            <p className="text-sm text-muted wrap-anywhere">{expert.title}</p>
          </div>
        </div>
        <div>
          <p className="display text-xl first-letter:uppercase">
            <time dateTime={hold.startsAt}>
              {formats.day(formats.dateOf(hold.startsAt))}
              <br />
              {formats.time(hold.startsAt)} – {formats.time(hold.slot.endsAt)}
            </time>
          </p>
          <p className="mt-1 text-sm text-muted">{text.inZone(zone.replaceAll("_", " "))}</p>
        </div>
        <ul className="grid gap-4">
          <Term
            icon={PLACE_ICONS[hold.place.kind]}
            title={places.session[hold.place.kind](formats.minutes(hold.minutes))}
          >
            {places.before[hold.place.kind]}
          </Term>
          <Term icon="lock" title={text.fixedPrice(formats.price(price))}>
            {text.fixedPriceBody}
          </Term>
          <Deadline until={hold.cancellableUntil} />
        </ul>
        <WhatNext steps={next} />
      </div>
    </aside>
  );
}

/** Countdown; screen readers are told only its end, not each second. */
function KeptUntil({ until }: { until: string }) {
  const text = useWords(expertWords);
  const formats = useFormats();
  const now = useNow(1_000);
  const left = Date.parse(until) - now;
  return (
    <div className="flex items-center gap-4 border-b border-free-line bg-free-bg p-5 md:px-7">
      <p
        role="timer"
        aria-label={text.keptFor}
        className={`grid size-14 shrink-0 place-items-center rounded-full border-4 border-accent text-sm tabular-nums ${left < 60_000 ? "font-semibold" : "font-medium"}`}
      >
        {formatRemaining(until, now)}
      </p>
      <div>
        <p className="display text-lg">{text.kept}</p>
        <p className="text-sm text-muted">{text.keptUntil(formats.time(until))}</p>
      </div>
    </div>
  );
}

function Term({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <li className="flex gap-4">
      <Icon name={icon} className="mt-0.5 size-5 text-accent" />
      <div className="min-w-0">
        <p className="font-semibold">{title}</p>
        {children && <p className="text-sm text-muted">{children}</p>}
      </div>
    </li>
  );
}

/** Until when the client may move or cancel, which can be past already. */
export function Deadline({ until }: { until: string }) {
  const text = useWords(expertWords);
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

/** The next steps, in order. */
export function WhatNext({ steps }: { steps: readonly string[] }) {
  const text = useWords(expertWords);
  const id = useId();
  return (
    <section aria-labelledby={id} className="grid gap-3 border-t border-line pt-5">
      <h3 id={id} className="text-base">
        {text.whatNext}
      </h3>
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
