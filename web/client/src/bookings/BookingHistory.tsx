import type { BookingCardFragment } from "../api/gql/graphql.ts";
import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { isMove } from "./lists.ts";
import { bookingsWords } from "./words.ts";

type Steps = BookingCardFragment["history"];

/** Status changes of a booking, oldest first. */
export function BookingHistory({ steps }: { steps: Steps }) {
  const text = useWords(bookingsWords);
  const formats = useFormats();

  function describe(index: number): string {
    const step = steps[index];
    if (!step) return "";
    if (isMove(step)) return text.movedTo(formats.moment(step.startsAt));
    if (step.to === "CONFIRMED" && step.from !== "PENDING") return text.booked;
    if (step.to === "CANCELLED" && step.from === "HELD") return text.released;
    return text.steps[step.to];
  }

  return (
    <ol className="grid gap-3 border-l border-line pl-4">
      {steps.map((step, index) => (
        <li key={index}>
          <p>
            {describe(index)}
            {step.actor && <span className="text-muted"> {text.by(step.actor.name)}</span>}
          </p>
          <p className="text-xs text-muted tabular-nums">
            <time dateTime={step.at}>{formats.moment(step.at)}</time>
          </p>
        </li>
      ))}
    </ol>
  );
}
