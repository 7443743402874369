import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { type BookingChange, describeChange } from "./describeChange.ts";
import { Reason } from "./Reason.tsx";
import { bookingsWords } from "./words.ts";

/** The changes in a booking's history, oldest first. */
export function BookingHistory({ steps }: { steps: readonly BookingChange[] }) {
  const text = useWords(bookingsWords);
  const formats = useFormats();
  return (
    <ol className="grid gap-3 border-l border-line pl-4">
      {steps.map((step, index) => (
        <li key={index}>
          <p>
            {describeChange(step, text, formats)}
            {step.actor && <span className="text-muted"> {text.by(step.actor.name)}</span>}
          </p>
          <Reason of={step} />
          <p className="text-xs text-muted tabular-nums">
            <time dateTime={step.at}>{formats.moment(step.at)}</time>
          </p>
        </li>
      ))}
    </ol>
  );
}
