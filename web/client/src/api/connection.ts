import { useSyncExternalStore } from "react";

/** State of the connection that delivers live events, as shown to the user. */
export type ConnectionState = "idle" | "connecting" | "live" | "reconnecting";

/**
 * The state of the live connection, and how often it has reconnected.
 *
 * Queries without an event cursor are refetched when `reconnects` changes, because events may have
 * been missed.
 */
export interface Connection {
  readonly state: ConnectionState;
  readonly reconnects: number;
}

const listeners = new Set<() => void>();
let current: Connection = { state: "idle", reconnects: 0 };

/** Publish a new connection state. */
export function setConnectionState(state: ConnectionState): void {
  if (state === current.state) return;
  const returned = state === "live" && current.state === "reconnecting";
  current = { state, reconnects: current.reconnects + (returned ? 1 : 0) };
  for (const listener of listeners) listener();
}

export function getConnectionState(): ConnectionState {
  return current.state;
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
