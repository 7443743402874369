import type { ReactNode } from "react";

import { useWords } from "../text/text.tsx";
import { useNow } from "../time/clock.ts";
import { useFormats } from "../time/formats.ts";
import { useRelativeFormats } from "../time/relativeMoment.ts";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { PLACE_ICONS } from "../place/Place.tsx";
import type { BookingDetailsFragment } from "../api/gql/graphql.ts";
import { describeChange } from "./describeChange.ts";
import { bookingPageWords } from "./pageWords.ts";
import { Reason } from "./Reason.tsx";
import { type TimelinePoint, timelineOf } from "./timeline.ts";
import { bookingsWords } from "./words.ts";

interface TimelineProps {
  booking: BookingDetailsFragment;
  viewerId: string;
}

/** Timeline of a booking: past changes and expected next steps. */
export function Timeline({ booking, viewerId }: TimelineProps) {
  const text = useWords(bookingPageWords);
  const words = useWords(bookingsWords);
  const formats = useFormats();
  const relative = useRelativeFormats();
  const points = timelineOf(booking, useNow(60_000));

  function describe(point: TimelinePoint): string {
    if (point.kind === "answer") return text.answer(booking.expert.name);
    if (point.kind === "session") return text.yourSession;
    if (point.kind === "review") return text.yourReview;
    const { actor } = point.change;
    const by = actor && (actor.id === viewerId ? text.byYou : words.by(actor.name));
    return [describeChange(point.change, words, formats), by].filter(Boolean).join(" ");
  }

  return (
    <section aria-labelledby="timeline" className="card grid content-start gap-5 p-5 md:p-7">
      <h2 id="timeline" className="text-lg">
        {text.timeline}
      </h2>
      <ol className="grid">
        {points.map((point, index) => (
          <Point key={index} {...signOf(point, booking)}>
            <p className="font-medium">{describe(point)}</p>
            {point.kind === "change" && <Reason of={point.change} />}
            {point.kind === "review" && (
              <p className="text-sm text-muted">
                {text.reviewUntil(formats.day(formats.dateOf(point.until)))}
              </p>
            )}
            {(point.kind === "change" || point.kind === "session") && (
              <p className="text-sm text-muted">
                <time dateTime={point.at}>{relative.moment(point.at)}</time>
              </p>
            )}
          </Point>
        ))}
      </ol>
    </section>
  );
}

interface Sign {
  readonly icon: IconName;
  readonly look: "done" | "off" | "ahead";
}

function signOf(point: TimelinePoint, { place }: BookingDetailsFragment): Sign {
  if (point.kind === "answer") return { icon: "clock", look: "ahead" };
  if (point.kind === "session") return { icon: PLACE_ICONS[place.kind], look: "ahead" };
  if (point.kind === "review") return { icon: "star", look: "ahead" };
  const isOff = point.change.to === "CANCELLED" || point.change.to === "EXPIRED";
  return isOff ? { icon: "close", look: "off" } : { icon: "check", look: "done" };
}

const LOOKS = {
  done: "bg-accent text-on-accent",
  off: "bg-gone-bg text-gone",
  ahead: "border border-field text-muted",
};

/** A point on the timeline; the line below it is coloured if the point is a completed step. */
function Point({ icon, look, children }: Sign & { children: ReactNode }) {
  return (
    <li
      className={`relative flex gap-4 pb-5 before:absolute before:top-6 before:bottom-0 before:left-3 before:w-0.5 before:-translate-x-1/2 last:pb-0 last:before:hidden ${look === "done" ? "before:bg-accent" : "before:bg-line"}`}
    >
      <span className={`grid size-6 shrink-0 place-items-center rounded-full ${LOOKS[look]}`}>
        <Icon name={icon} className="size-3.5" />
      </span>
      <div className="min-w-0">{children}</div>
    </li>
  );
}
