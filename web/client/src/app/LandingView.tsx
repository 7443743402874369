import type { ReactNode } from "react";
import { Link } from "react-router";

import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Icon } from "../ui/Icon.tsx";
import { landingWords } from "./landingWords.ts";
import { Pitch } from "./Pitch.tsx";

const EXAMPLES = 4;

interface LandingViewProps {
  experts:
    | { readonly totalCount: number; readonly nodes: readonly { readonly title: string }[] }
    | undefined;
  /** The live calendar. */
  plan: ReactNode;
  /** Cards of highly rated experts; null if the experts could not be loaded. */
  cards: ReactNode;
  /** The sections of the landing page below the cards. */
  children?: ReactNode;
}

/**
 * Frame of the landing page; the caller passes in the calendar, the cards and the sections below.
 * The early script also renders this frame, before React has loaded.
 */
export function LandingView({ experts, plan, cards, children }: LandingViewProps) {
  const text = useWords(landingWords);
  const formats = useFormats();
  const examples = [...new Set(experts?.nodes.map(({ title }) => title))].slice(0, EXAMPLES);
  return (
    <div className="grid grid-cols-1 gap-14 pt-8 pb-6 md:gap-22 md:pt-14">
      <div className="grid grid-cols-1 items-center gap-10 lg:grid-cols-[minmax(0,11fr)_minmax(0,10fr)] lg:gap-16">
        <Pitch examples={examples} />
        {plan}
      </div>
      {cards && (
        <section aria-labelledby="best" className="grid grid-cols-1 gap-6">
          <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-2">
            <div>
              <h2 id="best" className="text-xl">
                {text.best}
              </h2>
              <p className="text-muted">{text.bestBody}</p>
            </div>
            <Link
              to="/experts"
              className="inline-flex min-h-6 items-center gap-2 font-semibold no-underline hover:underline"
            >
              {experts ? text.allExperts(formats.number(experts.totalCount)) : " "}
              <Icon name="arrowRight" className="size-4" />
            </Link>
          </div>
          {cards}
        </section>
      )}
      {children}
    </div>
  );
}
