import { useSyncExternalStore } from "react";

/** What a person is told of the connection that brings changes. */
export type ConnectionState = "idle" | "connecting" | "live" | "reconnecting";

/**
 * The state of the live connection, and how often it has come back.
 *
 * Whatever has no cursor to go on from reads anew when `returns` changes.
 */
export interface Connection {
  readonly state: ConnectionState;
  readonly returns: number;
}

const listeners = new Set<() => void>();
let current: Connection = { state: "idle", returns: 0 };

/** Note that the connection is in another state now. */
export function connectionIs(state: ConnectionState): void {
  if (state === current.state) return;
  const returned = state === "live" && current.state === "reconnecting";
  current = { state, returns: current.returns + (returned ? 1 : 0) };
  for (const listener of listeners) listener();
}

export function connectionState(): ConnectionState {
  return current.state;
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
