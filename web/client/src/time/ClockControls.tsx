import { lazy, Suspense, useRef, useState } from "react";

import { useWords } from "../text/text.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Loading } from "../ui/Loading.tsx";
import { clockWords } from "./clockWords.ts";
import { saveTimePreferences, useTimePreferences } from "./preferences.ts";
import { useCity } from "./useCity.ts";

const ZoneSearch = lazy(() => import("./ZoneSearch.tsx"));

/** Controls to choose the time zone and the 12-hour or 24-hour clock in which times are shown. */
export function ClockControls() {
  const text = useWords(clockWords);
  const city = useCity();
  const { hourCycle } = useTimePreferences();
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <button
        type="button"
        aria-haspopup="dialog"
        onClick={() => {
          setIsOpen(true);
          dialog.current?.showModal();
        }}
        className="-ml-2 inline-flex min-h-9 items-center gap-2 rounded-sm px-2 text-sm hover:bg-sunken pointer-coarse:min-h-11"
      >
        <Icon name="globe" className="size-4 text-muted" />
        <span>
          {text.timesIn} <span className="font-semibold">{city}</span>
        </span>
        <Icon name="chevronDown" className="size-4" />
      </button>
      <div
        role="radiogroup"
        aria-label={text.clock}
        className="flex rounded-sm bg-gone-bg p-0.5 text-xs"
      >
        {(["h12", "h23"] as const).map((cycle) => (
          <label
            key={cycle}
            className="grid h-7 w-11 cursor-pointer place-items-center rounded-xs text-muted has-checked:bg-panel has-checked:font-semibold has-checked:text-text has-checked:shadow-1 has-focus-visible:outline-2 has-focus-visible:outline-focus pointer-coarse:h-10"
          >
            <input
              type="radio"
              name="clock"
              className="sr-only"
              checked={hourCycle === cycle}
              onChange={() => saveTimePreferences({ hourCycle: cycle })}
            />
            {cycle === "h12" ? "12h" : "24h"}
          </label>
        ))}
      </div>
      <dialog
        ref={dialog}
        aria-label={text.zone}
        onClick={(event) => {
          if (event.target === dialog.current) dialog.current.close();
        }}
        onClose={() => setIsOpen(false)}
        className="sheet sm:m-auto sm:max-w-[28rem] sm:rounded-xl"
      >
        {isOpen && (
          <Suspense fallback={<Loading />}>
            <ZoneSearch onClose={() => dialog.current?.close()} />
          </Suspense>
        )}
      </dialog>
    </div>
  );
}
