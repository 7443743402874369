import { ApolloLink } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { print } from "graphql";
import type { Client as StreamClient } from "graphql-sse";
import { type Client as SocketClient, createClient as createSocket } from "graphql-ws";
import { from, Observable, switchMap, tap } from "rxjs";

import { connectionIs } from "./connection.ts";

const PING_EVERY = 12_000;
const PONG_WITHIN = 5_000;
const SOCKET_ATTEMPTS = 2;
const SESSION_OVER = 4401;
const FORBIDDEN = 4403;

/**
 * Carries subscriptions over one WebSocket, or over SSE where proxies block WebSockets.
 *
 * Neither retries: `resumeLink` does, because it knows the cursor to resume from.
 */
export class Transport extends ApolloLink {
  readonly #socket: SocketClient;
  #streams: Promise<StreamClient> | undefined;
  readonly #overSocket: ApolloLink;
  readonly #url: URL;
  #failed = 0;
  /** Whether the server has rejected the session. */
  isRefused = false;

  constructor(url: URL) {
    super();
    this.#url = url;
    this.#socket = createSocket({
      url: url.href.replace(/^http/, "ws"),
      retryAttempts: 0,
      connectionAckWaitTimeout: PONG_WITHIN,
      lazyCloseTimeout: 1_000,
      keepAlive: PING_EVERY,
    });
    // A broken connection may stay silent: close it when a ping is not answered in time.
    let overdue: ReturnType<typeof setTimeout> | undefined;
    this.#socket.on("ping", (received) => {
      if (!received) overdue = setTimeout(() => this.#socket.terminate(), PONG_WITHIN);
    });
    this.#socket.on("pong", (received) => {
      if (received) clearTimeout(overdue);
    });
    this.#socket.on("connected", () => {
      this.#failed = 0;
      this.isRefused = false;
      connectionIs("live");
    });
    this.#socket.on("closed", (event) => {
      clearTimeout(overdue);
      const { code } = event as CloseEvent;
      this.isRefused = code === SESSION_OVER || code === FORBIDDEN;
      // Closed before the server's acknowledgement: something between may block WebSockets.
      if (code === 1006) this.#failed += 1;
    });
    this.#overSocket = new GraphQLWsLink(this.#socket);
  }

  override request(operation: ApolloLink.Operation, forward: ApolloLink.ForwardFunction) {
    return this.#failed < SOCKET_ATTEMPTS
      ? this.#overSocket.request(operation, forward)
      : this.#overStream(operation);
  }

  /** Close the socket, so that the next connection uses the new viewer's session. */
  restart(): void {
    this.#socket.terminate();
  }

  #overStream({ query, variables, operationName }: ApolloLink.Operation) {
    const request = { query: print(query), variables, ...(operationName && { operationName }) };
    // Loaded on first use only.
    this.#streams ??= import("graphql-sse").then(({ createClient }) =>
      createClient({
        url: this.#url.pathname,
        headers: { "X-Session": "cookie" },
        retryAttempts: 0,
        on: {
          connected: () => {
            this.isRefused = false;
            connectionIs("live");
          },
        },
      }),
    );
    return from(this.#streams).pipe(
      switchMap(
        (streams) =>
          new Observable<ApolloLink.Result>((observer) =>
            streams.subscribe(request, {
              next: (event) => {
                const result = event as ApolloLink.Result;
                const { data, errors } = result;
                if (data || !errors) return observer.next(result);
                // On an event stream, a lost session arrives as an error result.
                this.isRefused = errors.some(
                  ({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED",
                );
                observer.error(
                  this.isRefused
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
          // The server may have been unreachable altogether: try WebSockets again next time.
          this.#streams = undefined;
          this.#failed = 0;
        },
      }),
    );
  }
}
