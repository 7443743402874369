import { useSyncExternalStore } from "react";

/** Time zone and clock of the reader; stored on this device. */
export interface TimePreferences {
  /** IANA time zone. */
  readonly zone: string;
  readonly hourCycle: "h12" | "h23";
}

const STORAGE_KEY = "expertbook.time";
const listeners = new Set<() => void>();
let current = read();

export function useTimePreferences(): TimePreferences {
  return useSyncExternalStore(subscribe, () => current);
}

export function saveTimePreferences(changed: Partial<TimePreferences>): void {
  current = { ...current, ...changed };
  localStorage.setItem(STORAGE_KEY, JSON.stringify(current));
  for (const listener of listeners) listener();
}

/** Return the time zones known to the browser, with the selected one added if it is missing. */
export function timeZones(chosen: string): string[] {
  const known = new Set(["UTC", ...Intl.supportedValuesOf("timeZone"), chosen]);
  return [...known].sort();
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function read(): TimePreferences {
  const own = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions();
  const hourCycle = own.hourCycle?.startsWith("h1") ? "h12" : "h23";
  try {
    const kept = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}") as Partial<TimePreferences>;
    const zone = kept.zone && isTimeZone(kept.zone) ? kept.zone : own.timeZone;
    return {
      zone,
      hourCycle: kept.hourCycle === "h12" || kept.hourCycle === "h23" ? kept.hourCycle : hourCycle,
    };
  } catch {
    return { zone: own.timeZone, hourCycle };
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
