import { useId } from "react";

import type { ExpertProfileFragment } from "../api/gql/graphql.ts";
import { PLACE_ICONS } from "../place/Place.tsx";
import { placeWords } from "../place/words.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Icon } from "../ui/Icon.tsx";
import { expertWords } from "./words.ts";

interface SessionPaneProps {
  expert: ExpertProfileFragment;
  minutes: number;
  /** Whether the reader is signed in, and so needs no hint about accounts. */
  isSignedIn: boolean;
  onMinutes?: ((minutes: number) => void) | undefined;
}

/** Choice of a session by length, place and price, with the booking rules that apply to it. */
export function SessionPane({ expert, minutes, isSignedIn, onMinutes }: SessionPaneProps) {
  const text = useWords(expertWords);
  const places = useWords(placeWords);
  const formats = useFormats();
  const heading = useId();
  const notice = expert.availability.cancellationNoticeMinutes;
  return (
    <div className="grid min-w-0 content-start gap-5 border-b border-line p-4 sm:p-6 md:row-span-2 md:border-r md:border-b-0 lg:row-span-1">
      <h2 id={heading} className="text-lg">
        {text.session}
      </h2>
      <div
        role="radiogroup"
        aria-labelledby={heading}
        className="-mx-4 flex gap-3 overflow-x-auto px-4 py-1 [scrollbar-width:none] sm:-mx-6 sm:px-6 md:mx-0 md:grid md:overflow-visible md:px-0"
      >
        {expert.offers.map((offer) => (
          <label
            key={offer.minutes}
            className="flex min-h-16 w-64 shrink-0 cursor-pointer items-center gap-3 rounded-md border border-line px-3 py-2 has-checked:border-accent has-checked:bg-soft has-checked:inset-ring has-checked:inset-ring-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus md:w-auto"
          >
            <input
              type="radio"
              name="length"
              className="peer sr-only"
              checked={offer.minutes === minutes}
              onChange={() => onMinutes?.(offer.minutes)}
            />
            <span className="grid size-10 shrink-0 place-items-center rounded-sm bg-gone-bg text-muted peer-checked:bg-accent peer-checked:text-on-accent">
              <Icon name={PLACE_ICONS[offer.place.kind]} className="size-4.5" />
            </span>
            <span className="grid min-w-0 flex-1">
              <span className="font-semibold">{formats.minutes(offer.minutes)}</span>
              <span className="text-sm text-muted">{places.kinds[offer.place.kind]}</span>
            </span>
            <span className="font-semibold tabular-nums">{formats.price(offer.price)}</span>
          </label>
        ))}
      </div>
      <ul className="grid gap-2.5 border-t border-line pt-5 text-sm text-muted max-md:hidden">
        <li className="flex gap-2.5">
          <Icon name="undo" className="mt-0.5 size-4 text-accent" />
          {notice > 0 ? text.noticeBefore(formats.minutes(notice)) : text.noticeNone}
        </li>
        <li className="flex gap-2.5">
          <Icon name="lock" className="mt-0.5 size-4 text-accent" />
          {text.fixedPriceHint}
        </li>
        {!isSignedIn && (
          <li className="flex gap-2.5">
            <Icon name="person" className="mt-0.5 size-4 text-accent" />
            {text.noAccount}
          </li>
        )}
      </ul>
    </div>
  );
}
