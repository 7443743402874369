type Prompt = (go: () => void) => void;

let prompt: Prompt | undefined;
let isReverting = false;

/**
 * Call `newPrompt` before Back or Forward leaves the page; return a function that ends this.
 *
 * The prompt gets a function that continues the navigation.
 */
export function blockHistory(newPrompt: Prompt): () => void {
  prompt = newPrompt;
  return () => {
    if (prompt === newPrompt) prompt = undefined;
  };
}

/** Revert a history navigation that needs confirmation first; return whether it was reverted. */
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
