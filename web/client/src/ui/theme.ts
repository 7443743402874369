import { useSyncExternalStore } from "react";

import { localStore } from "../app/storage.ts";

/** Themes to choose from; `system` follows the device. */
export const THEMES = ["system", "light", "dark"] as const;

export type Theme = (typeof THEMES)[number];

const STORAGE_KEY = "expertbook.theme";
const listeners = new Set<() => void>();

/** Return the chosen theme; `app/theme.js` applies a stored theme before the first paint. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, currentTheme);
}

/** Apply a theme, and remember it on this device. */
export function chooseTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  localStore.setItem(STORAGE_KEY, theme);
  for (const listener of listeners) listener();
}

function currentTheme(): Theme {
  return THEMES.find((theme) => theme === document.documentElement.dataset.theme) ?? "system";
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
