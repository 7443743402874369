/**
 * The browser's session, which consists of two HttpOnly cookies.
 *
 * Scripts cannot read the cookies, but know when the access cookie expires, so that they can renew
 * it in time. A lock ensures that only one tab renews the session at a time, because refresh tokens
 * are single-use, and a second use ends the session.
 */

import { serverUrl } from "../api/server.ts";
import { localStore } from "../app/storage.ts";
import { EXPIRY_KEY, isSignedIn, readExpiry } from "./sessionExpiry.ts";

export { isSignedIn };

const RENEW_BEFORE_MS = 60_000;
const RETRY_MS = 15_000;
const REFRESH_MUTATION = `mutation RefreshSession {
  refreshSession(input: {}) { __typename ... on SignedIn { expiresAt } }
}`;

let renewal: Promise<boolean> | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** Record a new or renewed session, and schedule its renewal. */
export function start(expiresAt: string): void {
  localStore.setItem(EXPIRY_KEY, expiresAt);
  scheduleRenewal();
}

/** Record the session of a new sign-in, and notify other tabs that the viewer has changed. */
export function replace(expiresAt: string): void {
  localStore.removeItem(EXPIRY_KEY);
  start(expiresAt);
}

/** Record that the session has ended, here or on the server. */
export function end(): void {
  localStore.removeItem(EXPIRY_KEY);
  clearTimeout(timer);
  for (const changed of listeners) changed();
}

/**
 * Call `changed` when the session ends in any tab or begins in another tab; return a function that
 * unsubscribes.
 */
export function onChange(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

/** Renew the session if it is about to expire; wait for a renewal that is in progress. */
export async function renewIfDue(): Promise<void> {
  if (isSignedIn() && isDue()) await renew();
}

/** Renew the session if necessary; resolve to whether the session continues. */
export function renew(): Promise<boolean> {
  renewal ??= withLock(async () => !isDue() || (await requestRenewal())).finally(
    () => (renewal = undefined),
  );
  return renewal;
}

/** Renew the session even if it is not due for renewal, because the server has rejected it. */
export function forceRenew(): Promise<boolean> {
  if (isSignedIn()) localStore.setItem(EXPIRY_KEY, new Date(0).toISOString());
  return renew();
}

async function requestRenewal(): Promise<boolean> {
  if (!isSignedIn()) return false;
  const response = await fetch(serverUrl("/graphql"), {
    credentials: "include",
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Session": "cookie" },
    body: JSON.stringify({ query: REFRESH_MUTATION }),
  });
  const answer = (await response.json()) as {
    data?: { refreshSession: { __typename: string; expiresAt?: string } };
  };
  const refreshed = answer.data?.refreshSession;
  if (refreshed?.expiresAt) start(refreshed.expiresAt);
  else if (refreshed) end();
  return Boolean(refreshed?.expiresAt);
}

function scheduleRenewal(): void {
  clearTimeout(timer);
  const until = readExpiry();
  if (until === undefined) return;
  // Timers stop while the device sleeps, so the wait is recalculated when it wakes.
  const wait = Math.max(isDue() ? RETRY_MS : 1_000, until - RENEW_BEFORE_MS - Date.now());
  timer = setTimeout(
    () =>
      void renewIfDue()
        .catch(() => undefined)
        .finally(scheduleRenewal),
    wait,
  );
}

function isDue(): boolean {
  return (readExpiry() ?? 0) - RENEW_BEFORE_MS < Date.now();
}

function withLock<T>(work: () => Promise<T>): Promise<T> {
  // The Web Locks API needs a secure context. Without the API, assume that there is only one tab.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- see above
  return navigator.locks ? navigator.locks.request(EXPIRY_KEY, work) : work();
}

scheduleRenewal();
document.addEventListener("visibilitychange", scheduleRenewal);
window.addEventListener("storage", ({ key, oldValue, newValue }) => {
  if (key !== EXPIRY_KEY) return;
  scheduleRenewal();
  if (oldValue === null || newValue === null) for (const changed of listeners) changed();
});
