import { useFragment } from "@apollo/client/react";
import type { FragmentType } from "@apollo/client";
import { useDeferredValue, useId, useMemo } from "react";

import { graphql } from "../api/gql/gql.ts";
import type { ExpertProfileFragment } from "../api/gql/graphql.ts";
import { useLanguageName } from "../directory/languages.ts";
import { useFormats } from "../time/formats.ts";
import { saveTimePreferences, timeZones, useTimePreferences } from "../time/preferences.ts";
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
      price {
        amount
        currency
        decimals
      }
    }
    availability {
      confirmsAutomatically
    }
  }
`);

interface ProfileProps {
  expert: FragmentType<ExpertProfileFragment>;
  minutes: number;
  /** Whether the session length can be changed: not while a slot is held. */
  canChangeLength: boolean;
  onMinutes: (minutes: number) => void;
}

/** The expert's profile and prices, and the time zone of the calendar. */
export function Profile({ expert: from, minutes, canChangeLength, onMinutes }: ProfileProps) {
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
            <span className="text-star">★</span> {formats.number(rating, 1)}
          </span>
          <span aria-hidden className="text-muted">
            {" "}
            ({formats.number(expert.reviewCount)})
          </span>
          <span className="sr-only">
            {text.rating(formats.number(rating, 1), formats.number(expert.reviewCount))}
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
      <div
        role="radiogroup"
        aria-labelledby={lengths}
        hidden={!canChangeLength}
        className="grid gap-2"
      >
        <p id={lengths} className="font-medium">
          {text.length}
        </p>
        {expert.offers.map((offer) => (
          <label
            key={offer.minutes}
            className="flex min-h-10 cursor-pointer items-center gap-2 rounded-md border border-line px-3 has-checked:border-accent has-checked:bg-soft"
          >
            <input
              type="radio"
              name="length"
              className="accent-accent"
              checked={offer.minutes === minutes}
              onChange={() => onMinutes(offer.minutes)}
            />
            <span className="flex-1">{formats.minutes(offer.minutes)}</span>
            <span className="tabular-nums">{formats.price(offer.price)}</span>
          </label>
        ))}
      </div>
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
