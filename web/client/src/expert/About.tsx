import type { ReactNode } from "react";

import type { ExpertProfileFragment } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { expertWords } from "./words.ts";

/** The expert's biography, and the rules for booking sessions in the expert's calendar. */
export function About({ expert }: { expert: ExpertProfileFragment }) {
  const text = useWords(expertWords);
  const formats = useFormats();
  const { confirmsAutomatically, minimumNoticeMinutes, horizonDays, cancellationNoticeMinutes } =
    expert.availability;
  return (
    <section
      aria-labelledby="about"
      className="grid grid-cols-1 gap-8 pt-6 md:grid-cols-[minmax(0,1fr)_20rem] md:gap-16 md:pt-10"
    >
      <div className="grid content-start gap-4">
        <h2 id="about" className="text-xl">
          {text.about}
        </h2>
        <p className="max-w-prose text-[17px]/[28px] whitespace-pre-line" dir="auto">
          {expert.bio}
        </p>
      </div>
      <ul className="grid content-start gap-5">
        <Rule icon={confirmsAutomatically ? "bolt" : "person"} title={text.answers}>
          {confirmsAutomatically ? text.confirmsAtOnce : text.confirmsByHand}
        </Rule>
        <Rule
          icon="clock"
          title={
            minimumNoticeMinutes > 0
              ? text.bookUntil(formats.minutes(minimumNoticeMinutes))
              : text.bookNow
          }
        >
          {text.horizon(horizonDays)}
        </Rule>
        <Rule
          icon="undo"
          title={
            cancellationNoticeMinutes > 0
              ? text.cancelUntil(formats.minutes(cancellationNoticeMinutes))
              : text.cancelAnytime
          }
        >
          {text.byYourself}
        </Rule>
      </ul>
    </section>
  );
}

function Rule(props: { icon: IconName; title: string; children: ReactNode }) {
  return (
    <li className="flex items-start gap-4">
      <span className="grid size-10 shrink-0 place-items-center rounded-sm bg-soft text-accent">
        <Icon name={props.icon} className="size-4.5" />
      </span>
      <span>
        <span className="block font-semibold">{props.title}</span>
        <span className="block text-sm text-muted">{props.children}</span>
      </span>
    </li>
  );
}
