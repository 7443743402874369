import { useEffect } from "react";

/** Asks once more for what failed as soon as there is a network again. */
export function useRetryOnline(error: Error | undefined, retry: () => unknown): void {
  useEffect(() => {
    if (!error) return;
    const again = () => void retry();
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, [error, retry]);
}
