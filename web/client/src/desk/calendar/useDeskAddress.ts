import { useSearchParams } from "react-router";

import { parseDay } from "../../time/day.ts";
import { useMedia } from "../../ui/useMedia.ts";

export type DeskView = "week" | "day" | "list";

interface DeskAddress {
  readonly view: DeskView;
  /** The views that are possible with the present width of the browser window. */
  readonly views: readonly DeskView[];
  /** Date in the URL, whose day is shown; undefined if the URL has no date. */
  readonly date: string | undefined;
  readonly selectedId: string | null;
  go: (changes: DeskParameters) => void;
}

/** Parameters of the URL to change; the value null removes a parameter. */
type DeskParameters = Partial<Record<"view" | "date" | "booking", string | null>>;

const WIDE = "(min-width: 48rem)";

/** State of the desk page that is in its URL, such as `?view=day&date=2026-11-26&booking=…`. */
export function useDeskAddress(): DeskAddress {
  const [parameters, setParameters] = useSearchParams();
  const isWide = useMedia(WIDE);
  const views: readonly DeskView[] = isWide ? ["day", "week", "list"] : ["day", "list"];
  const wanted = parameters.get("view");
  return {
    view: views.find((view) => view === wanted) ?? (isWide ? "week" : "day"),
    views,
    date: parseDay(parameters.get("date")),
    selectedId: parameters.get("booking"),
    go(changes) {
      setParameters((current) => {
        const changed = new URLSearchParams(current);
        for (const [name, value] of Object.entries<string | null>(changes)) {
          if (value === null) changed.delete(name);
          else changed.set(name, value);
        }
        return changed;
      });
    },
  };
}
