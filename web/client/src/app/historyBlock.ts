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

/** If the user must confirm a history navigation, undo it and ask; return whether to ignore it. */
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
