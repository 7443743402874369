/**
 * The browser's session: two HttpOnly cookies.
 *
 * Scripts know only when the access cookie expires, so that it is renewed in time. A lock lets one
 * tab renew at a time: refresh tokens are single-use, and a second use ends the session.
 */

const UNTIL = "expertbook.session-until";
const EARLY = 60_000;
const RETRY = 15_000;
const REFRESH = `mutation RefreshSession {
  refreshSession(input: {}) { __typename ... on SignedIn { expiresAt } }
}`;

let renewal: Promise<boolean> | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** Return whether somebody has signed in here and has not signed out. */
export function isSignedIn(): boolean {
  return read() !== undefined;
}

/** Record a new or renewed session, and schedule its renewal. */
export function begin(expiresAt: string): void {
  localStorage.setItem(UNTIL, expiresAt);
  plan();
}

/** Record the session of a new sign-in; other tabs are notified of a change of viewer. */
export function replace(expiresAt: string): void {
  localStorage.removeItem(UNTIL);
  begin(expiresAt);
}

/** Record that the session has ended, here or on the server. */
export function end(): void {
  localStorage.removeItem(UNTIL);
  clearTimeout(timer);
  for (const changed of listeners) changed();
}

/**
 * Call `changed` when the session ends in any tab, or begins in another; return an unsubscriber.
 */
export function onChange(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

/** Renew the session if it is about to expire; waits for a renewal in progress. */
export async function ready(): Promise<void> {
  if (isSignedIn() && isDue()) await renew();
}

/** Renew the session; resolves to whether there still is one. */
export function renew(): Promise<boolean> {
  renewal ??= alone(async () => !isDue() || (await ask())).finally(() => (renewal = undefined));
  return renewal;
}

/** Renew the session before its time, because the server has rejected it. */
export function renewNow(): Promise<boolean> {
  if (isSignedIn()) localStorage.setItem(UNTIL, new Date(0).toISOString());
  return renew();
}

async function ask(): Promise<boolean> {
  if (!isSignedIn()) return false;
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Session": "cookie" },
    body: JSON.stringify({ query: REFRESH }),
  });
  const answer = (await response.json()) as {
    data?: { refreshSession: { __typename: string; expiresAt?: string } };
  };
  const refreshed = answer.data?.refreshSession;
  if (refreshed?.expiresAt) begin(refreshed.expiresAt);
  else if (refreshed) end();
  return Boolean(refreshed?.expiresAt);
}

function plan(): void {
  clearTimeout(timer);
  const until = read();
  if (until === undefined) return;
  // Timers stop while the device sleeps, so the wait is recalculated when it wakes.
  const wait = Math.max(isDue() ? RETRY : 1_000, until - EARLY - Date.now());
  timer = setTimeout(
    () =>
      void ready()
        .catch(() => undefined)
        .finally(plan),
    wait,
  );
}

function isDue(): boolean {
  return (read() ?? 0) - EARLY < Date.now();
}

function read(): number | undefined {
  const until = localStorage.getItem(UNTIL);
  return until === null ? undefined : Date.parse(until);
}

function alone<T>(work: () => Promise<T>): Promise<T> {
  // The Web Locks API needs a secure context; without it, only one tab is expected.
  return navigator.locks ? navigator.locks.request(UNTIL, work) : work();
}

plan();
document.addEventListener("visibilitychange", plan);
window.addEventListener("storage", ({ key, oldValue, newValue }) => {
  if (key !== UNTIL) return;
  plan();
  if (oldValue === null || newValue === null) for (const changed of listeners) changed();
});
