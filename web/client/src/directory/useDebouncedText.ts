import { useEffect, useLayoutEffect, useRef, useState } from "react";

const DEBOUNCE_MS = 250;

/** A text field whose value is passed on when the user pauses typing. */
export interface DebouncedText {
  readonly text: string;
  setText: (text: string) => void;
  /** Cancel the timer and return the current text, which the caller passes on itself. */
  flush: () => string;
}

/**
 * Debounced text field over an outside value, such as a URL parameter.
 *
 * Text is passed on after 250 ms without a key press. A value changed elsewhere, for example by
 * Back, replaces the typed text.
 */
export function useDebouncedText(value: string, onSettled: (text: string) => void): DebouncedText {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** Texts passed on that have not yet returned as `value`, oldest first. */
  const pending = useRef<string[]>([]);
  const latestCallback = useRef(onSettled);
  useLayoutEffect(() => {
    latestCallback.current = onSettled;
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    // Ignore a value that was passed on from here, so that it does not undo newer typing. Several
    // may be in flight, and some never arrive because a newer one replaces them.
    const echo = pending.current.indexOf(value);
    pending.current = echo < 0 ? [] : pending.current.slice(echo + 1);
    if (echo >= 0) return;
    clearTimeout(timer.current);
    setText(value);
  }, [value]);
  return {
    text,
    setText(typed) {
      setText(typed);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        pending.current.push(typed);
        latestCallback.current(typed);
      }, DEBOUNCE_MS);
    },
    flush() {
      clearTimeout(timer.current);
      pending.current.push(text);
      return text;
    },
  };
}
