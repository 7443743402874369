import { addTransitionType, startTransition } from "react";

const PAGE = "page";
const MAX_MS = 1_500;

/** Props of the `ViewTransition` around the page: changes within a page are not animated. */
export const betweenPages = { default: "none", update: { [PAGE]: "auto", default: "none" } };

/** Show another page, as a transition that is animated. */
export function startPageTransition(show: () => void): void {
  startTransition(() => {
    addTransitionType(PAGE);
    show();
  });
}

/**
 * End view transitions that take too long.
 *
 * A transition needs a frame to begin, and React updates nothing until it has begun. Without this
 * limit, an overloaded device that shows no frames for a while would not show the page either.
 */
export function boundViewTransitions(): void {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- missing in older browsers
  const start = document.startViewTransition?.bind(document);
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- as above
  if (!start) return;
  document.startViewTransition = (update) => {
    const transition = start(update);
    const timer = setTimeout(() => transition.skipTransition(), MAX_MS);
    const stop = () => clearTimeout(timer);
    transition.finished.then(stop, stop);
    return transition;
  };
}
