import { useLocation, useNavigate, useSearchParams } from "react-router";

/** The steps from a held slot to a booking. */
export type BookingStep = "details" | "code";

interface Steps {
  /** The step in the URL; undefined while the user is choosing a time. */
  readonly step: BookingStep | undefined;
  /** Show a step, and change other URL parameters; the Back button returns to the previous step. */
  show: (step: BookingStep, changed?: Readonly<Record<string, string>>) => void;
  /** Return to the previous step, or from the first step to the choice of a time. */
  goBack: () => void;
}

/**
 * Return the URL parameters without the slot and the step, for the page on which a time is chosen.
 */
export function withoutStep(parameters: URLSearchParams): Record<string, string> {
  const kept = [...parameters].filter(([name]) => name !== "slot" && name !== "step");
  return Object.fromEntries(kept);
}

/**
 * The current booking step, kept in the URL so that it survives a reload and the Back button works.
 */
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
      // Changing the time within a step does not add an entry to the browser's history.
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
