import { useSyncExternalStore } from "react";

/** Now, in milliseconds: renders again at every full multiple of `every` milliseconds. */
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
