import { addTransitionType, startTransition } from "react";

const PAGE = "page";
const MAX_MS = 1_500;

/** Props of the `ViewTransition` around the page, which animates only changes to another page. */
export const betweenPages = { default: "none", update: { [PAGE]: "auto", default: "none" } };

/** Show another page in a React transition that is animated. */
export function startPageTransition(show: () => void): void {
  startTransition(() => {
    addTransitionType(PAGE);
    show();
  });
}

/**
 * Skip the rest of view transitions that take longer than `MAX_MS`.
 *
 * A view transition needs a frame to begin, and React does not update the page before that. Without
 * this limit, a device that is too busy to render frames would not show the new page, either.
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
