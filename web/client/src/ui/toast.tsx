import { lazy, Suspense, useEffect, useSyncExternalStore } from "react";
import type { ExternalToast } from "sonner";

import { useTheme } from "./theme.ts";

const loadSonner = () => import("sonner");
const Toaster = lazy(() => loadSonner().then(({ Toaster }) => ({ default: Toaster })));

const PLAIN_MS = 8_000;
const IDLE_MS = 3_000;
const listeners = new Set<() => void>();
let hasToast = false;
/** The latest message, shown as plain text because the toaster could not be loaded. */
let plainMessage: string | undefined;

/** Show a toast; screen readers announce it. */
export async function toast(message: string, options?: ExternalToast): Promise<void> {
  await withSonner(message, (sonner) => sonner.toast(message, options));
}

/** Show an error toast. */
export async function toastError(message: string, options?: ExternalToast): Promise<void> {
  await withSonner(message, (sonner) => sonner.toast.error(message, options));
}

/** Container of the toasts. */
export function Toasts() {
  const isShown = useSyncExternalStore(subscribe, () => hasToast);
  const plain = useSyncExternalStore(subscribe, () => plainMessage);
  const theme = useTheme();
  // Load the toaster soon after the page, so that it can show an error even if the device goes
  // offline.
  useEffect(() => {
    const timer = setTimeout(() => void loadSonner().catch(() => undefined), IDLE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      {isShown && (
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
      )}
      <div
        aria-live="assertive"
        className="fixed inset-x-4 bottom-[calc(var(--docked,0px)+4rem)] z-20 grid justify-center"
      >
        {plain && (
          <p className="rounded-md border border-line bg-raised px-4 py-3 shadow-3">{plain}</p>
        )}
      </div>
    </>
  );
}

async function withSonner(
  message: string,
  speak: (sonner: typeof import("sonner")) => void,
): Promise<void> {
  // The toaster's JavaScript chunk cannot be loaded while the device is offline.
  const sonner = await loadSonner().catch(() => undefined);
  if (!sonner) {
    showPlainly(message);
    return;
  }
  hasToast = true;
  notify();
  speak(sonner);
}

function showPlainly(message: string): void {
  plainMessage = message;
  notify();
  setTimeout(() => {
    if (plainMessage === message) plainMessage = undefined;
    notify();
  }, PLAIN_MS);
}

function notify(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
