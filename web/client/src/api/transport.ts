import { ApolloLink } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { print } from "graphql";
import type { Client as StreamClient } from "graphql-sse";
import { type Client as SocketClient, createClient as createSocket } from "graphql-ws";
import { from, Observable, switchMap, tap } from "rxjs";

import { setConnectionState } from "./connection.ts";

const PING_INTERVAL_MS = 12_000;
const PONG_TIMEOUT_MS = 5_000;
const MAX_SOCKET_FAILURES = 2;
const CLOSE_SESSION_EXPIRED = 4401;
const CLOSE_FORBIDDEN = 4403;

/**
 * Carries subscriptions over one WebSocket, or over SSE where proxies block WebSockets.
 *
 * `resumeLink` subscribes again after a failure, because it knows the cursor of the last event.
 */
export class Transport extends ApolloLink {
  readonly #socket: SocketClient;
  #streamClient: Promise<StreamClient> | undefined;
  readonly #socketLink: ApolloLink;
  readonly #url: URL;
  #socketFailures = 0;
  /** Whether the server has rejected the session. */
  isSessionRejected = false;

  constructor(url: URL) {
    super();
    this.#url = url;
    this.#socket = createSocket({
      url: url.href.replace(/^http/, "ws"),
      retryAttempts: 0,
      connectionAckWaitTimeout: PONG_TIMEOUT_MS,
      lazyCloseTimeout: 1_000,
      keepAlive: PING_INTERVAL_MS,
    });
    // A broken connection may cause no error, so close it when no pong arrives in time.
    let pongTimeout: ReturnType<typeof setTimeout> | undefined;
    this.#socket.on("ping", (received) => {
      if (!received) pongTimeout = setTimeout(() => this.#socket.terminate(), PONG_TIMEOUT_MS);
    });
    this.#socket.on("pong", (received) => {
      if (received) clearTimeout(pongTimeout);
    });
    this.#socket.on("connected", () => {
      this.#socketFailures = 0;
      this.isSessionRejected = false;
      setConnectionState("live");
    });
    this.#socket.on("closed", (event) => {
      clearTimeout(pongTimeout);
      const { code } = event as CloseEvent;
      this.isSessionRejected = code === CLOSE_SESSION_EXPIRED || code === CLOSE_FORBIDDEN;
      // Close code 1006 means that there was no close frame, perhaps because a proxy blocks
      // WebSockets.
      if (code === 1006) this.#socketFailures += 1;
    });
    this.#socketLink = new GraphQLWsLink(this.#socket);
  }

  override request(operation: ApolloLink.Operation, forward: ApolloLink.ForwardFunction) {
    return this.#socketFailures < MAX_SOCKET_FAILURES
      ? this.#socketLink.request(operation, forward)
      : this.#requestOverStream(operation);
  }

  /** Close the socket, so that the next connection uses the new viewer's session. */
  restart(): void {
    this.#socket.terminate();
  }

  #requestOverStream({ query, variables, operationName }: ApolloLink.Operation) {
    const request = { query: print(query), variables, ...(operationName && { operationName }) };
    // Load the library for event streams only when it is needed.
    this.#streamClient ??= import("graphql-sse").then(({ createClient }) =>
      createClient({
        url: this.#url.href,
        credentials: "include",
        headers: { "X-Session": "cookie" },
        retryAttempts: 0,
        on: {
          connected: () => {
            this.isSessionRejected = false;
            setConnectionState("live");
          },
        },
      }),
    );
    return from(this.#streamClient).pipe(
      switchMap(
        (streams) =>
          new Observable<ApolloLink.Result>((observer) =>
            streams.subscribe(request, {
              next: (event) => {
                const result = event as ApolloLink.Result;
                const { data, errors } = result;
                if (data || !errors) return observer.next(result);
                // On an event stream, the end of the session is reported by a result with an error.
                this.isSessionRejected = errors.some(
                  ({ extensions }) => extensions?.code === "UNAUTHENTICATED",
                );
                observer.error(
                  this.isSessionRejected
                    ? new Error("The session has ended")
                    : new CombinedGraphQLErrors({ errors }),
                );
              },
              complete: () => observer.complete(),
              error: (error) => observer.error(error),
            }),
          ),
      ),
      tap({
        error: () => {
          // As event streams fail, too, the server may be unreachable: try WebSockets next time.
          this.#streamClient = undefined;
          this.#socketFailures = 0;
        },
      }),
    );
  }
}
