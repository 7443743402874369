import { useEffect, useRef, useState } from "react";

const WAIT = 250;

/** The text of a field that is handed on when its typist pauses. */
export interface Typed {
  readonly text: string;
  type(text: string): void;
  /** The text as it stands, which the caller now hands on itself. */
  settle(): string;
}

/**
 * A field over a value from elsewhere, such as the address.
 *
 * What is typed is handed on when no key has come for 250 ms; a value that comes from elsewhere,
 * as by Back, takes the place of what was typed.
 */
export function useTyped(value: string, handOn: (text: string) => void): Typed {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** What was handed on and has not come back as the value, the oldest first. */
  const pending = useRef<string[]>([]);
  const newest = useRef(handOn);
  useEffect(() => {
    newest.current = handOn;
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    // An echo of what was handed on must not undo what was typed since. On a slow machine more
    // than one echo is on its way; some never come, as a newer one takes their place.
    const echo = pending.current.indexOf(value);
    pending.current = echo < 0 ? [] : pending.current.slice(echo + 1);
    if (echo >= 0) return;
    clearTimeout(timer.current);
    setText(value);
  }, [value]);
  return {
    text,
    type(typed) {
      setText(typed);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        pending.current.push(typed);
        newest.current(typed);
      }, WAIT);
    },
    settle() {
      clearTimeout(timer.current);
      pending.current.push(text);
      return text;
    },
  };
}
