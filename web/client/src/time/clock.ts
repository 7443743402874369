import { useSyncExternalStore } from "react";

/**
 * Return the current time in milliseconds, rounded down to a multiple of `every`. The component
 * re-renders when the returned time changes.
 */
export function useNow(every: number): number {
  return useSyncExternalStore(
    (changed) => {
      let timer: ReturnType<typeof setTimeout>;
      function tick(): void {
        timer = setTimeout(
          () => {
            changed();
            tick();
          },
          every - (Date.now() % every),
        );
      }
      tick();
      return () => clearTimeout(timer);
    },
    () => Math.floor(Date.now() / every) * every,
  );
}
