import { ApolloLink } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { Observable } from "rxjs";

import { connectionIs, connectionState } from "./connection.ts";

const FIRST_WAIT = 250;
const LONGEST_WAIT = 10_000;
const SETTLED = 1_000;

/** Error codes of temporary failures, after which to subscribe again. */
const PASSING = new Set([
  "INTERNAL",
  "RATE_LIMITED",
  "TIMED_OUT",
  "TOO_MANY_OPERATIONS",
  "UNAVAILABLE",
]);

/** Return the delay before retry n (0, 1, …) in milliseconds: exponential backoff with jitter. */
export function waitBefore(attempt: number, random = Math.random()): number {
  return Math.min(FIRST_WAIT * 2 ** attempt, LONGEST_WAIT) * (0.5 + random / 2);
}

/**
 * Resubscribes after the connection breaks, and resumes after the last received event.
 *
 * The cursor of the last event is sent as `$after` if the operation declares that variable. Other
 * operations start anew, and their pages refetch what they may have missed
 * (`useConnection().returns`). Temporary server errors are handled alike; other errors, such as
 * CURSOR_EXPIRED, are passed on.
 *
 * @param prepare awaited before each retry, to renew the session where necessary.
 */
export function resumeLink(prepare: () => Promise<unknown>): ApolloLink {
  return new ApolloLink(
    (operation, forward) =>
      new Observable((observer) => {
        let attempt = 0;
        let timer: ReturnType<typeof setTimeout> | undefined;
        let subscription: { unsubscribe(): void } | undefined;
        let settled: ReturnType<typeof setTimeout> | undefined;
        let isOver = false;

        function begin(): void {
          subscription = forward(operation).subscribe({
            next(result) {
              attempt = 0;
              const cursor = cursorOf(result.data);
              if (cursor) operation.variables = { ...operation.variables, after: cursor };
              observer.next(result);
            },
            complete: () => observer.complete(),
            error(error: unknown) {
              if (!isPassing(error)) return observer.error(error);
              connectionIs(connectionState() === "connecting" ? "connecting" : "reconnecting");
              clearTimeout(settled);
              // An error of the operation itself means that the connection works. No event confirms
              // that the new subscription has been accepted, so it counts as live after a moment
              // without an error.
              const stands = CombinedGraphQLErrors.is(error);
              timer = setTimeout(() => void again(stands), waitBefore(attempt++));
            },
          });
        }

        async function again(stands = false): Promise<void> {
          timer = undefined;
          // Offline, `prepare` would fail too; the attempt then fails by itself.
          if (navigator.onLine) await prepare().catch(() => undefined);
          if (isOver) return;
          begin();
          if (stands) settled = setTimeout(() => connectionIs("live"), SETTLED);
        }

        // Retry at once when the network is back.
        function hurry(): void {
          if (timer === undefined) return;
          clearTimeout(timer);
          attempt = 0;
          void again();
        }

        window.addEventListener("online", hurry);
        begin();
        return () => {
          isOver = true;
          window.removeEventListener("online", hurry);
          clearTimeout(timer);
          clearTimeout(settled);
          subscription?.unsubscribe();
        };
      }),
  );
}

function isPassing(error: unknown): boolean {
  if (!CombinedGraphQLErrors.is(error)) return true;
  return error.errors.every(({ extensions }) => PASSING.has(extensions?.["code"] as string));
}

/** Return the cursor of the subscription's only field, if the operation selects it. */
function cursorOf(data: unknown): string | undefined {
  for (const field of Object.values(data ?? {})) {
    const cursor: unknown = (field as { cursor?: unknown } | null)?.cursor;
    if (typeof cursor === "string") return cursor;
  }
  return undefined;
}
