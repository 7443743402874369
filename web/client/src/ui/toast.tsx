import { lazy, Suspense, useSyncExternalStore } from "react";
import type { ExternalToast } from "sonner";

// Most visits end without one: it is loaded with the first.
const Toaster = lazy(() => import("sonner").then(({ Toaster }) => ({ default: Toaster })));

const listeners = new Set<() => void>();
let isWanted = false;

/** Say something in passing; it is read out, too. */
export async function toast(message: string, options?: ExternalToast): Promise<void> {
  await say((sonner) => sonner.toast(message, options));
}

/** Say that something failed. */
export async function toastError(message: string, options?: ExternalToast): Promise<void> {
  await say((sonner) => sonner.toast.error(message, options));
}

/** Where toasts appear. */
export function Toasts() {
  const isShown = useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => isWanted,
  );
  return isShown ? (
    <Suspense>
      <Toaster theme="system" position="bottom-center" closeButton />
    </Suspense>
  ) : null;
}

async function say(speak: (sonner: typeof import("sonner")) => void): Promise<void> {
  // Without a network there may be none; a page is worth more than a word in passing.
  const sonner = await import("sonner").catch(() => undefined);
  if (!sonner) return;
  isWanted = true;
  for (const listener of listeners) listener();
  speak(sonner);
}
