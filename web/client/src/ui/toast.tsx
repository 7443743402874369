import { lazy, Suspense, useSyncExternalStore } from "react";
import type { ExternalToast } from "sonner";

import { useTheme } from "./theme.ts";

// Loaded with the first toast, which most visits never show.
const Toaster = lazy(() => import("sonner").then(({ Toaster }) => ({ default: Toaster })));

const listeners = new Set<() => void>();
let hasToast = false;

/** Show a toast; screen readers announce it. */
export async function toast(message: string, options?: ExternalToast): Promise<void> {
  await withSonner((sonner) => sonner.toast(message, options));
}

/** Show an error toast. */
export async function toastError(message: string, options?: ExternalToast): Promise<void> {
  await withSonner((sonner) => sonner.toast.error(message, options));
}

/** Container of the toasts. */
export function Toasts() {
  const isShown = useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => hasToast,
  );
  const theme = useTheme();
  return isShown ? (
    <Suspense>
      <Toaster
        theme={theme}
        position="bottom-center"
        closeButton
        offset={{ bottom: "calc(var(--docked, 0px) + 24px)" }}
        mobileOffset={{ bottom: "calc(var(--docked, 0px) + 16px)" }}
        style={{ fontFamily: "inherit" }}
      />
    </Suspense>
  ) : null;
}

async function withSonner(speak: (sonner: typeof import("sonner")) => void): Promise<void> {
  // The chunk cannot be loaded while offline: go without the toast.
  const sonner = await import("sonner").catch(() => undefined);
  if (!sonner) return;
  hasToast = true;
  for (const listener of listeners) listener();
  speak(sonner);
}
