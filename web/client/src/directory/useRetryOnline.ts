import { useEffect } from "react";

/** Call `retry` after an error, as soon as the browser is online again. */
export function useRetryOnline(error: Error | undefined, retry: () => unknown): void {
  useEffect(() => {
    if (!error) return;
    const again = () => void retry();
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, [error, retry]);
}
