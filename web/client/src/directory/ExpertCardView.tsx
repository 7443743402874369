import type { ReactNode } from "react";
import { Link } from "react-router";

import type { PlaceKind } from "../api/gql/graphql.ts";
import type { ShownSlot } from "../expert/slots.ts";
import { PLACE_ICONS, PLACE_KINDS } from "../place/Place.tsx";
import { useWords } from "../text/text.tsx";
import { type Money, useFormats } from "../time/formats.ts";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { CardTime } from "./CardTime.tsx";
import { cardWords } from "./cardWords.ts";
import { excerptOf } from "./excerpt.ts";
import { useLanguageName } from "./languages.ts";
import { Rating } from "./Rating.tsx";

/** Fields of an expert that a card shows. */
export interface CardExpert {
  readonly slug: string;
  readonly name: string;
  readonly title: string;
  readonly bio: string;
  readonly photoUrl: string;
  readonly languages: readonly string[];
  readonly rating: number | null;
  readonly reviewCount: number;
  readonly hourlyRate: Money;
  readonly offers: readonly { readonly place: { readonly kind: PlaceKind } }[];
  readonly availability: { readonly confirmsAutomatically: boolean };
  readonly nextSlots: readonly ShownSlot[];
}

export interface ExpertCardViewProps {
  expert: CardExpert;
  heading: "h2" | "h3";
  /** Text of the search, whose words are marked in the excerpt of the biography. */
  search?: string;
  /** Day that the expert's page shows first after a click on the card. */
  day?: string | undefined;
  /** Whether to leave out elements that do not fit into a third of the page's width. */
  isCompact?: boolean;
}

/** Card that introduces an expert; it links to the expert's page and lists the next free times. */
export function ExpertCardView(props: ExpertCardViewProps) {
  const { expert, heading: Name, search = "", day, isCompact = false } = props;
  const text = useWords(cardWords);
  const formats = useFormats();
  const path = `/experts/${expert.slug}`;
  const price = (
    <>
      <span className={isCompact ? "font-semibold text-text" : "display text-lg"}>
        {formats.price(expert.hourlyRate)}
      </span>{" "}
      <span className={isCompact ? "" : "block text-xs text-muted"}>{text.rate}</span>
    </>
  );
  return (
    <article className="relative flex min-w-0 flex-1 flex-col gap-4 card p-4 transition-[border-color,box-shadow] hover:border-free-line hover:shadow-2 has-[h2_a:focus-visible]:border-accent has-[h2_a:focus-visible]:outline-2 has-[h2_a:focus-visible]:outline-offset-2 has-[h2_a:focus-visible]:outline-accent has-[h3_a:focus-visible]:border-accent has-[h3_a:focus-visible]:outline-2 has-[h3_a:focus-visible]:outline-offset-2 has-[h3_a:focus-visible]:outline-accent sm:p-6">
      <div className="flex items-start gap-4">
        <img
          src={expert.photoUrl}
          alt=""
          width={92}
          height={92}
          className={`shrink-0 rounded-portrait bg-gone-bg ${isCompact ? "size-14" : "size-15 sm:size-23"}`}
        />
        <div className="min-w-0 flex-1">
          <div className="flex justify-between gap-3">
            <div className="min-w-0">
              <Name className={isCompact ? "text-base" : "text-lg"}>
                <Link
                  to={day ? `${path}?day=${day}` : path}
                  className="text-text no-underline outline-none after:absolute after:inset-0 after:rounded-lg"
                >
                  {expert.name}
                </Link>
              </Name>
              <p className="text-muted">{expert.title}</p>
            </div>
            {isCompact ? (
              <Rating expert={expert} />
            ) : (
              <p className="shrink-0 text-right tabular-nums">{price}</p>
            )}
          </div>
          {isCompact ? (
            <p className="mt-1 text-sm text-muted tabular-nums">{price}</p>
          ) : (
            <div className="mt-2 max-sm:hidden">
              <Facts expert={expert} />
            </div>
          )}
        </div>
      </div>
      {!isCompact && (
        <>
          <div className="sm:hidden">
            <Facts expert={expert} />
          </div>
          <p className="line-clamp-2 text-sm text-muted" dir="auto">
            {excerptOf(expert.bio, search).map((part, index) =>
              part.isMatch ? (
                <mark key={index} className="bg-transparent font-semibold text-text">
                  {part.text}
                </mark>
              ) : (
                part.text
              ),
            )}
          </p>
        </>
      )}
      <div className="mt-auto flex gap-2">
        {expert.nextSlots.length > 0 ? (
          <ul aria-label={text.times} className="grid min-w-0 flex-1 grid-cols-3 gap-2">
            {expert.nextSlots.map((slot) => (
              <li key={slot.id} className="grid min-w-0">
                <CardTime slot={slot} path={path} />
              </li>
            ))}
          </ul>
        ) : (
          <p className="flex min-h-13 flex-1 items-center text-muted">{text.noTimes}</p>
        )}
        {!isCompact && (
          <Link
            to={path}
            aria-label={text.allTimes}
            className="relative grid w-11 shrink-0 place-items-center rounded-sm border border-line text-text shadow-1 hover:bg-sunken max-sm:hidden"
          >
            <Icon name="calendar" className="size-4.5" />
          </Link>
        )}
      </div>
    </article>
  );
}

function Facts({ expert }: { expert: CardExpert }) {
  const text = useWords(cardWords);
  const languageName = useLanguageName();
  const kinds = PLACE_KINDS.filter((kind) =>
    expert.offers.some(({ place }) => place.kind === kind),
  );
  const places = kinds.map((kind) => text.places[kind]).join(", ");
  return (
    <div className="grid gap-1 text-sm text-muted">
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        <Rating expert={expert} />
        <Fact icon="languages">
          <span className="sr-only">{text.languages}: </span>
          {expert.languages.map(languageName).join(", ")}
        </Fact>
      </div>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {kinds[0] && (
          <Fact icon={PLACE_ICONS[kinds[0]]}>
            {places.charAt(0).toUpperCase() + places.slice(1)}
          </Fact>
        )}
        {expert.availability.confirmsAutomatically && (
          <span className="inline-flex items-center gap-1.5 font-semibold text-accent">
            <Icon name="bolt" className="size-4" />
            {text.confirms}
          </span>
        )}
      </div>
    </div>
  );
}

function Fact({ icon, children }: { icon: IconName; children: ReactNode }) {
  return (
    <span className="inline-flex min-w-0 items-start gap-1.5">
      <Icon name={icon} className="mt-0.5 size-4" />
      <span className="min-w-0">{children}</span>
    </span>
  );
}
