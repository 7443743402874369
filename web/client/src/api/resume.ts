import { ApolloLink } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { Observable } from "rxjs";

import { connectionIs, connectionState } from "./connection.ts";

const FIRST_WAIT = 250;
const LONGEST_WAIT = 10_000;
const SETTLED = 1_000;

/** The codes of what is over after a while: asking again is all that there is to do. */
const PASSING = new Set([
  "INTERNAL",
  "RATE_LIMITED",
  "TIMED_OUT",
  "TOO_MANY_OPERATIONS",
  "UNAVAILABLE",
]);

/** How long to wait before the n-th attempt (0, 1, …), so that many clients do not come at once. */
export function waitBefore(attempt: number, random = Math.random()): number {
  return Math.min(FIRST_WAIT * 2 ** attempt, LONGEST_WAIT) * (0.5 + random / 2);
}

/**
 * Subscribes again when the connection breaks, and goes on after the last event that came.
 *
 * An operation that declares `$after` gets the cursor of its last event there; another begins anew,
 * and its page reads what it may have missed (`useConnection().returns`). So it does when the server
 * cannot serve it at the moment; other errors of the operation, such as CURSOR_EXPIRED, are passed on.
 *
 * @param prepare is awaited before each new attempt: the session may have to be renewed.
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
              // Then the connection stands: nothing but silence tells that it goes on.
              const stands = CombinedGraphQLErrors.is(error);
              timer = setTimeout(() => void again(stands), waitBefore(attempt++));
            },
          });
        }

        async function again(stands = false): Promise<void> {
          timer = undefined;
          // Without the server there is nothing to prepare, and the attempt fails by itself.
          if (navigator.onLine) await prepare().catch(() => undefined);
          if (isOver) return;
          begin();
          if (stands) settled = setTimeout(() => connectionIs("live"), SETTLED);
        }

        // Waiting is over as soon as there is a network.
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

/** The cursor in a subscription's one field, if it was asked for. */
function cursorOf(data: unknown): string | undefined {
  for (const field of Object.values(data ?? {})) {
    const cursor: unknown = (field as { cursor?: unknown } | null)?.cursor;
    if (typeof cursor === "string") return cursor;
  }
  return undefined;
}
