import { useWords } from "../text/text.tsx";
import { Icon } from "../ui/Icon.tsx";
import { stepWords } from "./stepWords.ts";

export type Step = "time" | "details" | "code" | "booked";

interface StepsProps {
  current: Step;
  /** Whether the e-mail address must be confirmed with a code. */
  hasCode: boolean;
}

/** Progress through the steps of a booking. */
export function Steps({ current, hasCode }: StepsProps) {
  const { steps: names } = useWords(stepWords);
  const steps: readonly Step[] = hasCode
    ? ["time", "details", "code", "booked"]
    : ["time", "details", "booked"];
  const reached = steps.indexOf(current);
  return (
    <ol className="flex flex-wrap items-center gap-2 text-sm sm:gap-3">
      {steps.map((step, index) => (
        <li
          key={step}
          aria-current={step === current ? "step" : undefined}
          className="flex items-center gap-2 before:h-px before:w-4 before:bg-line first:before:hidden sm:gap-2.5 sm:before:w-7"
        >
          <span
            aria-hidden
            className={`grid size-6 place-items-center rounded-full text-xs font-semibold ${
              index < reached
                ? "bg-soft text-accent"
                : index === reached
                  ? "bg-accent text-on-accent"
                  : "border border-field text-muted"
            }`}
          >
            {index < reached ? <Icon name="check" className="size-3.5" /> : index + 1}
          </span>
          <span className={step === current ? "font-semibold" : "text-muted max-sm:sr-only"}>
            {names[step]}
          </span>
        </li>
      ))}
    </ol>
  );
}
