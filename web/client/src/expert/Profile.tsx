import { useFragment } from "@apollo/client/react";
import type { FragmentType } from "@apollo/client";
import { useDeferredValue, useId, useMemo } from "react";

import { graphql } from "../api/gql/gql.ts";
import type { ExpertProfileFragment } from "../api/gql/graphql.ts";
import { useLanguageName } from "../directory/languages.ts";
import { useFormats } from "../time/formats.ts";
import { saveTimePreferences, useTimePreferences } from "../time/preferences.ts";
import { timeZones } from "../time/zones.ts";
import { PlaceLabel } from "../place/Place.tsx";
import { shownMean } from "../reviews/rating.ts";
import { Icon } from "../ui/Icon.tsx";
import { Select } from "../ui/Select.tsx";
import { useWords } from "../text/text.tsx";
import { expertWords } from "./words.ts";

export const EXPERT_PROFILE = graphql(`
  fragment ExpertProfile on Expert {
    id
    name
    title
    bio
    photoUrl
    experienceYears
    languages
    rating
    reviewCount
    offers {
      minutes
      place {
        kind
      }
      price {
        amount
        currency
        decimals
      }
    }
    availability {
      confirmsAutomatically
      cancellationNoticeMinutes
    }
  }
`);

interface ProfileProps {
  expert: FragmentType<ExpertProfileFragment>;
  minutes: number;
  onMinutes: (minutes: number) => void;
}

/** The expert's profile and prices, and the time zone of the calendar. */
export function Profile({ expert: from, minutes, onMinutes }: ProfileProps) {
  const { data: expert, complete } = useFragment({ fragment: EXPERT_PROFILE, from });
  const text = useWords(expertWords);
  const formats = useFormats();
  const { zone } = useTimePreferences();
  const languageName = useLanguageName();
  const lengths = useId();
  // Deferred: about four hundred options, less important than the rest of the page.
  const zones = useDeferredValue(
    useMemo(() => timeZones(zone), [zone]),
    [zone],
  );
  if (!complete) return null;
  const { rating } = expert;
  const notice = expert.availability.cancellationNoticeMinutes;
  return (
    <div className="grid content-start gap-4">
      <img
        src={expert.photoUrl}
        alt=""
        width={64}
        height={64}
        className="size-16 rounded-portrait"
      />
      <div className="grid gap-1">
        <h1 className="text-xl">{expert.name}</h1>
        <p className="text-muted">{expert.title}</p>
      </div>
      {rating === null ? (
        <p className="text-muted">{text.noRating}</p>
      ) : (
        <p>
          <span aria-hidden>
            <span className="text-star">★</span> {formats.number(shownMean(rating), 1)}
          </span>
          <span aria-hidden className="text-muted">
            {" "}
            ({formats.number(expert.reviewCount)})
          </span>
          <span className="sr-only">
            {text.rating(formats.number(shownMean(rating), 1), formats.number(expert.reviewCount))}
          </span>
        </p>
      )}
      <p className="text-muted whitespace-pre-line">{expert.bio}</p>
      <p>
        {text.experience(expert.experienceYears)}
        <br />
        {expert.languages.map(languageName).join(", ")}
      </p>
      {!expert.availability.confirmsAutomatically && <p>{text.confirmsByHand}</p>}
      <div role="radiogroup" aria-labelledby={lengths} className="grid gap-2">
        <h2 id={lengths} className="text-base">
          {text.session}
        </h2>
        {expert.offers.map((offer) => (
          <label
            key={offer.minutes}
            className="flex min-h-14 cursor-pointer items-center gap-3 rounded-md border border-line px-3 py-2 has-checked:border-accent has-checked:bg-soft"
          >
            <input
              type="radio"
              name="length"
              className="accent-accent"
              checked={offer.minutes === minutes}
              onChange={() => onMinutes(offer.minutes)}
            />
            <span className="grid flex-1">
              <span className="font-semibold">{formats.minutes(offer.minutes)}</span>
              <span className="text-sm text-muted">
                <PlaceLabel kind={offer.place.kind} />
              </span>
            </span>
            <span className="font-semibold tabular-nums">{formats.price(offer.price)}</span>
          </label>
        ))}
      </div>
      <ul className="grid gap-2 text-sm text-muted">
        <li className="flex gap-2.5">
          <Icon name="undo" className="mt-0.5 size-4 text-accent" />
          {notice > 0 ? text.noticeBefore(formats.minutes(notice)) : text.noticeNone}
        </li>
        <li className="flex gap-2.5">
          <Icon name="lock" className="mt-0.5 size-4 text-accent" />
          {text.fixedPriceHint}
        </li>
      </ul>
      <Select
        label={text.zone}
        value={zone}
        onChange={(event) => saveTimePreferences({ zone: event.target.value })}
      >
        {zones.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
    </div>
  );
}
