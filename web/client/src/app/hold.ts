type Ask = (go: () => void) => void;

let ask: Ask | undefined;
let isReturning = false;

/** Has a page asked before Back or Forward leave it; `go` leaves it after all. Ends with the answer. */
export function holdHistory(asked: Ask): () => void {
  ask = asked;
  return () => {
    if (ask === asked) ask = undefined;
  };
}

/** Whether a step of the browser's history, already made, is taken back until a page is asked. */
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
