/**
 * The browser's session: two cookies that no script can read.
 *
 * All that is kept here is when the access cookie ends, so that it is renewed in time. One tab
 * renews at a time: a refresh token is good for one use, and its second use ends the session.
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

/** Whether somebody has signed in here and not out. */
export function isSignedIn(): boolean {
  return read() !== undefined;
}

/** Note that a session was got, or renewed; it is renewed again before it ends. */
export function begin(expiresAt: string): void {
  localStorage.setItem(UNTIL, expiresAt);
  plan();
}

/** Note that another session was got, perhaps another person's: other tabs hear of a change. */
export function replace(expiresAt: string): void {
  localStorage.removeItem(UNTIL);
  begin(expiresAt);
}

/** Note that the session has ended, here or on the server. */
export function end(): void {
  localStorage.removeItem(UNTIL);
  clearTimeout(timer);
  for (const changed of listeners) changed();
}

/** Have a function called when the session ends, in this tab or another, or begins in another. */
export function onChange(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

/** Renew the session if it is about to end; waits for a renewal that is under way. */
export async function ready(): Promise<void> {
  if (isSignedIn() && isDue()) await renew();
}

/** Renew the session; false when there is none any more. */
export function renew(): Promise<boolean> {
  renewal ??= alone(async () => !isDue() || (await ask())).finally(() => (renewal = undefined));
  return renewal;
}

/** Renew the session although its time is not up: the server does not take it. */
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
  // A browser that slept renews when it wakes: timers stand still meanwhile.
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
  // Without a secure context there are no locks; one tab is then the usual case.
  return navigator.locks ? navigator.locks.request(UNTIL, work) : work();
}

plan();
document.addEventListener("visibilitychange", plan);
window.addEventListener("storage", ({ key, oldValue, newValue }) => {
  if (key !== UNTIL) return;
  plan();
  if (oldValue === null || newValue === null) for (const changed of listeners) changed();
});
