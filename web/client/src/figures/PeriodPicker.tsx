import { useSearchParams } from "react-router";

import { useWords } from "../text/text.tsx";
import { parsePeriod, type Period, PERIODS } from "./periods.ts";
import { figureWords } from "./words.ts";

/** Return the period that the URL selects; by default the last thirty days. */
export function usePeriod(): Period {
  const [parameters] = useSearchParams();
  return parsePeriod(parameters.get("period"));
}

/** Control to choose the period, which is kept in the URL. */
export function PeriodPicker() {
  const text = useWords(figureWords);
  const [, setParameters] = useSearchParams();
  const period = usePeriod();
  return (
    <fieldset className="flex flex-wrap rounded-control bg-sunken p-1">
      <legend className="sr-only">{text.period}</legend>
      {PERIODS.map((each) => (
        <label
          key={each}
          className="flex min-h-9 cursor-pointer items-center rounded-sm px-3 text-sm text-muted has-checked:bg-panel has-checked:font-semibold has-checked:text-text has-checked:shadow-1 has-focus-visible:outline-2 has-focus-visible:outline-accent pointer-coarse:min-h-11"
        >
          <input
            type="radio"
            name="period"
            className="sr-only"
            checked={each === period}
            onChange={() => setParameters({ period: each }, { replace: true })}
          />
          {text.periods[each]}
        </label>
      ))}
    </fieldset>
  );
}
