import { useRef } from "react";

/** Source of idempotency keys, which ensure that a repeated request takes effect only once. */
export interface IdempotencyKey {
  /** Return the key for an input; a retry with an equal input gets the same key. */
  keyFor: (input: unknown) => string;
  /** Forget the last key, so that even the same input gets a new key. */
  reset: () => void;
}

export function useIdempotencyKey(): IdempotencyKey {
  const last = useRef({ input: "", key: "" });
  return {
    keyFor(input) {
      const text = JSON.stringify(input);
      if (last.current.input !== text) last.current = { input: text, key: randomKey() };
      return last.current.key;
    },
    reset() {
      last.current = { input: "", key: "" };
    },
  };
}

function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
