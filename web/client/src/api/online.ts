import { useEffect, useRef, useSyncExternalStore } from "react";

const RETRY_MS = 10_000;

let offlineSince = navigator.onLine ? undefined : Date.now();
window.addEventListener("offline", () => (offlineSince ??= Date.now()));
window.addEventListener("online", () => (offlineSince = undefined));

/** Return since when the browser is offline; undefined while it is online. */
export function useOfflineSince(): number | undefined {
  return useSyncExternalStore(subscribe, () => offlineSince);
}

/** Call `retry` after an error, as soon as the browser is online again. */
export function useRetryOnline(error: Error | undefined, retry: () => unknown): void {
  useEffect(() => {
    if (!error) return;
    const again = () => void retry();
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, [error, retry]);
}

/**
 * Call `retry` when the browser is online again.
 *
 * @param repeats whether to call it every ten seconds as well, since the server may be back.
 */
export function useRecovery(retry: () => unknown, repeats: boolean): void {
  const latest = useRef(retry);
  useEffect(() => {
    latest.current = retry;
  });
  useEffect(() => {
    const again = () => void latest.current();
    const timer = repeats ? setInterval(() => document.hidden || again(), RETRY_MS) : undefined;
    window.addEventListener("online", again);
    return () => {
      clearInterval(timer);
      window.removeEventListener("online", again);
    };
  }, [repeats]);
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
  };
}
