import { useEffect, useLayoutEffect, useRef, useState } from "react";

const DEBOUNCE_MS = 250;

/** A text field whose value is passed on when the user pauses typing. */
export interface DebouncedText {
  readonly text: string;
  setText: (text: string) => void;
  /** Cancel the timer and return the current text, for a caller that uses it at once. */
  flush: () => string;
}

/**
 * State of a debounced text field for an external value, such as a URL parameter.
 *
 * The text is passed to `onSettled` after 250 ms without typing. If the value changes elsewhere,
 * for example through the Back button, the new value replaces the typed text.
 */
export function useDebouncedText(value: string, onSettled: (text: string) => void): DebouncedText {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** Texts that were passed to `onSettled` but have not yet come back as `value`, oldest first. */
  const pending = useRef<string[]>([]);
  const latestCallback = useRef(onSettled);
  useLayoutEffect(() => {
    latestCallback.current = onSettled;
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    // Ignore a value that was typed in this field, so that it does not undo newer typing. Several
    // such values may be in flight, and some never arrive because a newer value replaces them.
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
