import type { FragmentType } from "@apollo/client";
import { useFragment } from "@apollo/client/react";
import { Link } from "react-router";

import { graphql } from "../api/gql/gql.ts";
import type { ExpertCardFragment } from "../api/gql/graphql.ts";
import { PLACE_KINDS, PlaceLabel } from "../place/Place.tsx";
import { shownMean } from "../reviews/rating.ts";
import { useWords } from "../text/text.tsx";
import { type Formats, useFormats } from "../time/formats.ts";
import { useLanguageName } from "./languages.ts";
import { useRelativeFormats } from "../time/relativeMoment.ts";
import { directoryWords } from "./words.ts";

export const EXPERT_CARD = graphql(`
  fragment ExpertCard on Expert {
    id
    slug
    name
    title
    category
    photoUrl
    languages
    rating
    reviewCount
    hourlyRate {
      amount
      currency
      decimals
    }
    offers {
      place {
        kind
      }
    }
    nextSlot {
      id
      startsAt
      sequence
    }
  }
`);

type MaskedExpert = FragmentType<ExpertCardFragment>;
type Heading = "h2" | "h3";

interface ExpertCardsProps {
  experts: readonly (MaskedExpert & { readonly id: string })[];
  heading: Heading;
}

/** Grid of expert cards, each with the next free time. */
export function ExpertCards({ experts, heading }: ExpertCardsProps) {
  // Shared by all cards, because formats are expensive to create.
  const shared = {
    formats: useFormats(),
    nextFree: useRelativeFormats().moment,
    languageName: useLanguageName(),
  };
  return (
    <ul className="grid gap-4 md:grid-cols-2">
      {experts.map((expert) => (
        <li key={expert.id} className="grid min-w-0">
          <ExpertCard expert={expert} heading={heading} {...shared} />
        </li>
      ))}
    </ul>
  );
}

// Load the expert page early: a click is likely to follow.
function prefetch(): void {
  void import("../expert/ExpertPage.tsx");
}

interface ExpertCardProps {
  expert: MaskedExpert;
  heading: Heading;
  formats: Formats;
  nextFree: (instant: string) => string;
  languageName: (english: string) => string;
}

/** Summary of an expert. The whole card is one link, named after the expert. */
function ExpertCard({
  expert: from,
  heading: Name,
  formats,
  nextFree,
  languageName,
}: ExpertCardProps) {
  const { data: expert, complete } = useFragment({ fragment: EXPERT_CARD, from });
  const text = useWords(directoryWords);
  if (!complete) return null;
  const { rating, nextSlot } = expert;
  return (
    <article
      onPointerEnter={prefetch}
      onFocus={prefetch}
      className="relative grid content-between gap-4 card p-4 transition-colors hover:border-accent has-focus-visible:border-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent sm:p-5"
    >
      <div className="grid grid-cols-[auto_1fr] items-start gap-4">
        <img
          src={expert.photoUrl}
          alt=""
          width={56}
          height={56}
          loading="lazy"
          className="size-12 rounded-portrait bg-gone-bg sm:size-14"
        />
        <div className="min-w-0">
          <div className="flex items-baseline justify-between gap-3">
            <Name className="min-w-0 text-base font-semibold">
              <Link
                to={`/experts/${expert.slug}`}
                className="text-text no-underline outline-none after:absolute after:inset-0 after:rounded-lg"
              >
                {expert.name}
              </Link>
            </Name>
            {rating === null ? (
              <p className="shrink-0 text-xs text-muted">{text.noRating}</p>
            ) : (
              <p className="shrink-0 tabular-nums">
                <span aria-hidden>
                  <span className="text-star">★</span> {formats.number(shownMean(rating), 1)}{" "}
                  <span className="text-xs text-muted">({formats.number(expert.reviewCount)})</span>
                </span>
                <span className="sr-only">
                  {text.rating(
                    formats.number(shownMean(rating), 1),
                    formats.number(expert.reviewCount),
                  )}
                </span>
              </p>
            )}
          </div>
          <p className="text-muted">{expert.title}</p>
          <p className="mt-1 text-xs text-muted">
            {[text.categories[expert.category], ...expert.languages.map(languageName)].join(" · ")}
          </p>
          <p className="mt-1 flex flex-wrap gap-x-3 gap-y-1 text-xs text-muted">
            {PLACE_KINDS.filter((kind) =>
              expert.offers.some(({ place }) => place.kind === kind),
            ).map((kind) => (
              <PlaceLabel key={kind} kind={kind} />
            ))}
          </p>
        </div>
      </div>
      <dl className="flex justify-between gap-4 border-t border-line pt-3 tabular-nums">
        <div>
          <dt className="text-xs text-muted">{text.next}</dt>
          <dd className={nextSlot ? "font-medium text-accent" : ""}>
            {nextSlot ? (
              <time dateTime={nextSlot.startsAt}>{nextFree(nextSlot.startsAt)}</time>
            ) : (
              text.noNext
            )}
          </dd>
        </div>
        <div className="shrink-0 text-right">
          <dt className="text-xs text-muted">{text.rate}</dt>
          <dd>{formats.price(expert.hourlyRate)}</dd>
        </div>
      </dl>
    </article>
  );
}
