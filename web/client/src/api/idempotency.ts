import { useRef } from "react";

/** Names attempts, so that a repetition does nothing twice. */
export interface IdempotencyKey {
  /** The same input gets the same key. */
  of(input: unknown): string;
  /** What was attempted has been done: the same input is another attempt from now on. */
  forget(): void;
}

export function useIdempotencyKey(): IdempotencyKey {
  const last = useRef({ input: "", key: "" });
  return {
    of(input) {
      const text = JSON.stringify(input);
      if (last.current.input !== text) last.current = { input: text, key: randomKey() };
      return last.current.key;
    },
    forget() {
      last.current = { input: "", key: "" };
    },
  };
}

function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
