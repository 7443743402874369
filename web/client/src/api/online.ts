import { useEffect, useLayoutEffect, useRef, useSyncExternalStore } from "react";

const RETRY_MS = 10_000;

let offlineSince = navigator.onLine ? undefined : Date.now();
window.addEventListener("offline", () => (offlineSince ??= Date.now()));
window.addEventListener("online", () => (offlineSince = undefined));

/** Return the Unix time in milliseconds when the browser went offline; undefined if online. */
export function useOfflineSince(): number | undefined {
  return useSyncExternalStore(subscribe, () => offlineSince);
}

/** If a request has failed, call `retry` as soon as the browser is online again. */
export function useRetryOnline(error: Error | undefined, retry: () => unknown): void {
  useReturn(() => error && retry());
}

/**
 * Call `retry` when the browser is online again.
 *
 * @param repeats whether to call `retry` every ten seconds as well, in case only the server was
 *   unreachable.
 */
export function useRecovery(retry: () => unknown, repeats: boolean): void {
  const latest = useReturn(retry);
  useEffect(() => {
    if (!repeats) return;
    const timer = setInterval(() => document.hidden || latest.current(), RETRY_MS);
    return () => clearInterval(timer);
  }, [repeats, latest]);
}

/** Call `callback` when the browser is online again; return a ref to the latest `callback`. */
function useReturn(callback: () => unknown) {
  const latest = useRef(callback);
  useLayoutEffect(() => {
    latest.current = callback;
  });
  // Compare the old state with the new one, because an `online` event may come before an effect
  // can listen for it.
  const isOffline = useOfflineSince() !== undefined;
  const wasOffline = useRef(isOffline);
  useEffect(() => {
    if (wasOffline.current && !isOffline) latest.current();
    wasOffline.current = isOffline;
  }, [isOffline]);
  return latest;
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
  };
}
