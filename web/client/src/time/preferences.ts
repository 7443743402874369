import { useSyncExternalStore } from "react";

import { localStore } from "../app/storage.ts";
import { deviceZone, isTimeZone } from "./zones.ts";

/** The reader's time zone and 12-hour or 24-hour clock, stored on this device. */
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
  localStore.setItem(STORAGE_KEY, JSON.stringify(current));
  for (const listener of listeners) listener();
}

function read(): TimePreferences {
  const { hourCycle } = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions();
  const own = {
    zone: deviceZone(),
    hourCycle: hourCycle?.startsWith("h1") ? "h12" : "h23",
  } as const;
  try {
    const kept = JSON.parse(localStore.getItem(STORAGE_KEY) ?? "{}") as Partial<TimePreferences>;
    const isCycle = kept.hourCycle === "h12" || kept.hourCycle === "h23";
    return {
      zone: kept.zone && isTimeZone(kept.zone) ? kept.zone : own.zone,
      hourCycle: isCycle ? kept.hourCycle : own.hourCycle,
    };
  } catch {
    return own;
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
