import { ApolloLink } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { Observable } from "rxjs";

import { setConnectionState, getConnectionState } from "./connection.ts";

const INITIAL_DELAY_MS = 250;
const MAX_DELAY_MS = 10_000;
const SETTLE_MS = 1_000;

/** Error codes of temporary failures, after which the operation is retried. */
const RETRYABLE_CODES = new Set([
  "INTERNAL",
  "RATE_LIMITED",
  "TIMED_OUT",
  "TOO_MANY_OPERATIONS",
  "UNAVAILABLE",
]);

/** Return the delay in milliseconds before a retry: exponential backoff with jitter. */
export function backoffDelay(attempt: number, random = Math.random()): number {
  return Math.min(INITIAL_DELAY_MS * 2 ** attempt, MAX_DELAY_MS) * (0.5 + random / 2);
}

/**
 * Resubscribes after the connection breaks, and resumes after the last received event.
 *
 * The cursor of the last event is sent as `$after` if the operation declares that variable.
 * Operations without that variable start again, and their pages refetch data that they may have
 * missed (`useConnection().reconnects`). Temporary server errors are handled like a broken
 * connection; other errors, such as CURSOR_EXPIRED, are passed on.
 *
 * @param prepare awaited before each retry, to renew the session where necessary.
 */
export function resumeLink(prepare: () => Promise<unknown>): ApolloLink {
  return new ApolloLink(
    (operation, forward) =>
      new Observable((observer) => {
        let attempt = 0;
        let retryTimer: ReturnType<typeof setTimeout> | undefined;
        let subscription: { unsubscribe: () => void } | undefined;
        let liveTimer: ReturnType<typeof setTimeout> | undefined;
        let isClosed = false;

        function subscribe(): void {
          subscription = forward(operation).subscribe({
            next(result) {
              attempt = 0;
              const cursor = cursorOf(result.data);
              if (cursor) operation.variables = { ...operation.variables, after: cursor };
              observer.next(result);
            },
            complete: () => observer.complete(),
            error(error: unknown) {
              if (!isRetryable(error)) {
                observer.error(error);
                return;
              }
              setConnectionState(
                getConnectionState() === "connecting" ? "connecting" : "reconnecting",
              );
              clearTimeout(liveTimer);
              // A GraphQL error of the operation shows that the connection itself works. No event
              // confirms that the server has accepted the new subscription, so the connection
              // state becomes "live" after `SETTLE_MS` without an error.
              const isConnected = CombinedGraphQLErrors.is(error);
              retryTimer = setTimeout(() => void retry(isConnected), backoffDelay(attempt++));
            },
          });
        }

        async function retry(isConnected = false): Promise<void> {
          retryTimer = undefined;
          // While offline, skip `prepare`, because it would fail. `subscribe` then fails as well,
          // and schedules the next retry.
          if (navigator.onLine) await prepare().catch(() => undefined);
          if (isClosed) return;
          subscribe();
          if (isConnected) liveTimer = setTimeout(() => setConnectionState("live"), SETTLE_MS);
        }

        // Retry without a delay when the network is back.
        function retryNow(): void {
          if (retryTimer === undefined) return;
          clearTimeout(retryTimer);
          attempt = 0;
          void retry();
        }

        window.addEventListener("online", retryNow);
        subscribe();
        return () => {
          isClosed = true;
          window.removeEventListener("online", retryNow);
          clearTimeout(retryTimer);
          clearTimeout(liveTimer);
          subscription?.unsubscribe();
        };
      }),
  );
}

function isRetryable(error: unknown): boolean {
  if (!CombinedGraphQLErrors.is(error)) return true;
  return error.errors.every(({ extensions }) => RETRYABLE_CODES.has(extensions?.code as string));
}

/** Return the cursor of the subscription's only field, if the operation selects it. */
function cursorOf(data: unknown): string | undefined {
  for (const field of Object.values(data ?? {})) {
    const cursor: unknown = (field as { cursor?: unknown } | null)?.cursor;
    if (typeof cursor === "string") return cursor;
  }
  return undefined;
}
