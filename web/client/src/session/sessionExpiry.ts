import { localStore } from "../app/storage.ts";

export const EXPIRY_KEY = "expertbook.session-until";

/**
 * Return whether somebody has signed in with this browser and has not signed out; includes guests.
 */
export function isSignedIn(): boolean {
  return readExpiry() !== undefined;
}

/** Return the expiry of the access cookie in Unix milliseconds; undefined without a session. */
export function readExpiry(): number | undefined {
  const until = localStore.getItem(EXPIRY_KEY);
  return until === null ? undefined : Date.parse(until);
}
