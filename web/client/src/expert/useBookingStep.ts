import { useLocation, useNavigate, useSearchParams } from "react-router";

/** The steps from a held slot to a booking. */
export type BookingStep = "details" | "code";

interface Steps {
  /** The step in the URL; undefined while a time is chosen. */
  readonly step: BookingStep | undefined;
  /** Show a step, with other parameters of the URL; Back returns to the step before. */
  show: (step: BookingStep, changed?: Readonly<Record<string, string>>) => void;
  /** Return to the step before, or to choosing a time. */
  goBack: () => void;
}

/** Return the parameters of the page on which a time is chosen. */
export function withoutStep(parameters: URLSearchParams): Record<string, string> {
  const kept = [...parameters].filter(([name]) => name !== "slot" && name !== "step");
  return Object.fromEntries(kept);
}

/** The current step, kept in the URL so that it survives reloading, and Back works. */
export function useBookingStep(): Steps {
  const [parameters, setParameters] = useSearchParams();
  const location = useLocation();
  const navigate = useNavigate();
  const found = parameters.get("step");
  const step = found === "details" || found === "code" ? found : undefined;
  const others = withoutStep(parameters);
  return {
    step,
    show(next, changed) {
      // A changed time does not add a step to the history.
      const options = next === step ? { replace: true, state: location.state as unknown } : {};
      setParameters({ ...others, ...changed, step: next }, { state: { isStep: true }, ...options });
    },
    goBack() {
      const { isStep } = (location.state ?? {}) as { isStep?: boolean };
      if (isStep) void navigate(-1);
      else
        setParameters(step === "code" ? { ...others, step: "details" } : others, { replace: true });
    },
  };
}
