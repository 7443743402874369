type Prompt = (go: () => void) => void;

let prompt: Prompt | undefined;
let isReverting = false;

/**
 * Call `newPrompt` before Back or Forward leaves the page; return a function that unblocks both.
 *
 * The argument of `newPrompt` is a function that continues the navigation.
 */
export function blockHistory(newPrompt: Prompt): () => void {
  prompt = newPrompt;
  return () => {
    if (prompt === newPrompt) prompt = undefined;
  };
}

/** Revert a step through the history that the user must confirm; return whether it is reverted. */
export function revertIfBlocked(delta: number | null): boolean {
  if (isReverting) {
    isReverting = false;
    return true;
  }
  if (!prompt || !delta) return false;
  isReverting = true;
  window.history.go(-delta);
  prompt(() => window.history.go(delta));
  return true;
}
