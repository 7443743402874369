type Ask = (go: () => void) => void;

let ask: Ask | undefined;
let isReturning = false;

/**
 * Call `asked` before Back or Forward leaves the page; return a function that ends this.
 *
 * The prompt gets a function that continues the navigation.
 */
export function holdHistory(asked: Ask): () => void {
  ask = asked;
  return () => {
    if (ask === asked) ask = undefined;
  };
}

/** Revert a history navigation that needs confirmation first; return whether it was reverted. */
export function isHeld(delta: number | null): boolean {
  if (isReturning) {
    isReturning = false;
    return true;
  }
  if (!ask || !delta) return false;
  isReturning = true;
  window.history.go(-delta);
  ask(() => window.history.go(delta));
  return true;
}
