import { addTransitionType, startTransition } from "react";

const PAGE = "page";
const MAX_MS = 1_500;

/** Props of the `ViewTransition` around the page, which animates only changes to another page. */
export const betweenPages = { default: "none", update: { [PAGE]: "auto", default: "none" } };

/** Show another page in an animated React transition. */
export function startPageTransition(show: () => void): void {
  startTransition(() => {
    addTransitionType(PAGE);
    show();
  });
}

/**
 * Skip the rest of view transitions that take longer than `MAX_MS`.
 *
 * React updates the page only when a view transition begins, and a view transition begins only when
 * the browser renders a frame. Without this limit, a device that is too busy to render frames would
 * therefore never show the new page.
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
