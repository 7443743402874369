import type { ReactNode } from "react";
import { Link, useLocation } from "react-router";

import type { ExpertProfileFragment } from "../api/gql/graphql.ts";
import { categoryWords } from "../directory/categoryWords.ts";
import { useLanguageName } from "../directory/languages.ts";
import { Rating } from "../directory/Rating.tsx";
import { useWords } from "../text/text.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { expertWords } from "./words.ts";

interface ExpertBandProps {
  expert: ExpertProfileFragment;
  /** Buttons at the end of the band's first line. */
  actions?: ReactNode;
}

/** Introduction of the expert, in a band above the calendar. */
export function ExpertBand({ expert, actions }: ExpertBandProps) {
  const text = useWords(expertWords);
  const categories = useWords(categoryWords);
  const languageName = useLanguageName();
  const { search } = useLocation();
  return (
    <div className="grid gap-4">
      <div className="flex min-h-11 items-center justify-between gap-4 pt-2">
        <Link
          to={`/experts?category=${expert.category.toLowerCase()}`}
          className="inline-flex min-h-6 items-center gap-2 text-sm text-muted no-underline hover:text-text hover:underline pointer-coarse:min-h-11"
        >
          <Icon name="chevronLeft" className="size-4" />
          {text.expertsIn(categories[expert.category])}
        </Link>
        {actions}
      </div>
      <div className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-4 gap-y-3 sm:gap-x-7">
        <img
          src={expert.photoUrl}
          alt=""
          width={136}
          height={136}
          className="size-18 rounded-portrait bg-gone-bg sm:row-span-2 sm:size-34"
        />
        <div className="min-w-0 sm:self-end">
          <h1 className="text-2xl" dir="auto">
            {expert.name}
          </h1>
          <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-base text-muted">
            <span dir="auto">{expert.title}</span>
            {expert.availability.confirmsAutomatically && (
              <span className="inline-flex min-h-7 items-center gap-1.5 rounded-full bg-soft px-3 text-xs font-medium text-accent">
                <Icon name="bolt" className="size-3.5" />
                {text.confirmsAtOnce}
              </span>
            )}
          </p>
        </div>
        <div className="col-span-2 flex flex-wrap gap-x-6 gap-y-1 sm:col-span-1 sm:self-start">
          {expert.reviewCount > 0 ? (
            <Link
              to={`${search}#reviews`}
              className="inline-flex min-h-6 no-underline hover:[&_span]:underline pointer-coarse:min-h-11"
            >
              <Rating expert={expert} />
            </Link>
          ) : (
            <Rating expert={expert} />
          )}
          <Fact icon="award">{text.experience(expert.experienceYears)}</Fact>
          <Fact icon="languages">{expert.languages.map(languageName).join(", ")}</Fact>
        </div>
      </div>
    </div>
  );
}

function Fact({ icon, children }: { icon: IconName; children: ReactNode }) {
  return (
    <span className="inline-flex items-start gap-1.5 text-sm">
      <Icon name={icon} className="mt-0.5 size-4 text-muted" />
      {children}
    </span>
  );
}
