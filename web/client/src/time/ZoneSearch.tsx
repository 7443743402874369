import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";

import { useText, useWords } from "../text/text.tsx";
import { Icon } from "../ui/Icon.tsx";
import { useNow } from "./clock.ts";
import { clockWords } from "./clockWords.ts";
import { formats } from "./formats.ts";
import { saveTimePreferences, useTimePreferences } from "./preferences.ts";
import { findZones, zoneChoices } from "./zoneSearch.ts";

/**
 * Search for a time zone: a combobox with a list of results, as in the ARIA Authoring Practices.
 */
export default function ZoneSearch({ onClose }: { onClose: () => void }) {
  const text = useWords(clockWords);
  const { language, locale } = useText();
  const preferences = useTimePreferences();
  const now = useNow(60_000);
  const [search, setSearch] = useState("");
  const choices = useMemo(
    () => zoneChoices(preferences.zone, language, now),
    [preferences.zone, language, now],
  );
  const found = useMemo(() => findZones(choices, search), [choices, search]);
  const chosen = found.findIndex(({ zone }) => zone === preferences.zone);
  const [moved, setMoved] = useState<number>();
  const active = Math.min(moved ?? (search ? 0 : Math.max(0, chosen)), found.length - 1);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  useEffect(() => {
    list.current?.querySelector("[data-active=true]")?.scrollIntoView({ block: "nearest" });
  }, [active]);

  function choose(zone: string | undefined): void {
    if (!zone) return;
    saveTimePreferences({ zone });
    onClose();
  }

  function press(event: KeyboardEvent): void {
    const steps: Record<string, number> = {
      ...{ ArrowDown: active + 1, ArrowUp: active - 1 },
      ...{ PageDown: active + 8, PageUp: active - 8 },
    };
    const next = steps[event.key];
    if (event.key === "Enter") choose(found[active]?.zone);
    else if (next !== undefined) setMoved(Math.max(0, Math.min(next, found.length - 1)));
    else return;
    event.preventDefault();
  }

  return (
    <div className="flex max-h-[min(36rem,80dvh)] flex-col">
      <div className="flex items-center gap-2 border-b border-line p-3">
        <Icon name="search" className="ml-2 size-5 text-muted" />
        <input
          type="text"
          role="combobox"
          aria-label={text.search}
          aria-expanded
          aria-controls={`${id}-zones`}
          aria-activedescendant={found.length ? `${id}-${active}` : undefined}
          autoComplete="off"
          autoFocus
          placeholder={text.search}
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setMoved(undefined);
          }}
          onKeyDown={press}
          className="h-11 min-w-0 flex-1 bg-transparent text-base outline-none"
        />
        <button
          type="button"
          aria-label={text.close}
          onClick={onClose}
          className="grid size-11 shrink-0 place-items-center rounded-control text-muted hover:bg-sunken"
        >
          <Icon name="close" className="size-4.5" />
        </button>
      </div>
      {found.length === 0 && (
        <p role="status" className="p-6 text-center text-muted">
          {text.none}
        </p>
      )}
      <ul
        ref={list}
        id={`${id}-zones`}
        role="listbox"
        aria-label={text.zone}
        className="min-h-0 flex-1 overflow-y-auto p-2 empty:hidden"
      >
        {found.map(({ zone, city, region, offset }, index) => (
          <li
            key={zone}
            id={`${id}-${index}`}
            role="option"
            aria-selected={zone === preferences.zone}
            data-active={index === active}
            onClick={() => choose(zone)}
            className="flex min-h-11 cursor-pointer items-center gap-3 rounded-sm px-3 py-1 hover:bg-sunken aria-selected:font-semibold aria-selected:text-accent data-[active=true]:bg-soft"
          >
            <span className="min-w-0 flex-1">
              {city} <span className="text-sm font-normal text-muted">{region}</span>
            </span>
            <span className="shrink-0 text-right text-sm font-normal text-muted tabular-nums">
              {formats(locale, { ...preferences, zone }).time(new Date(now).toISOString())},{" "}
              {offset}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
