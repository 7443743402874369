import { ApolloClient, ApolloLink, HttpLink } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { ErrorLink } from "@apollo/client/link/error";
import { SetContextLink } from "@apollo/client/link/context";
import { OperationTypeNode } from "graphql";
import { from, of, switchMap } from "rxjs";

import * as session from "../session/session.ts";
import { createCache } from "./cache.ts";
import { NewestLink } from "./newest.ts";
import { resumeLink } from "./resume.ts";
import { Transport } from "./transport.ts";

const url = new URL("/graphql", window.location.href);

const transport = new Transport(url);
const newest = new NewestLink();

/** Sends requests with the session cookie, which the server accepts only with this header. */
const requests = new HttpLink({
  uri: url.pathname,
  headers: { "X-Session": "cookie", Accept: "application/graphql-response+json" },
});

const inTime = new SetContextLink(async (context) => {
  await session.ready();
  return context;
});

/** Renews a session that the server rejects, then retries the operation once. */
const onceAgain = new ErrorLink(({ error, operation, forward }) => {
  const isUnknown =
    CombinedGraphQLErrors.is(error) &&
    error.errors.some(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED");
  if (!isUnknown || !session.isSignedIn()) return;
  return from(session.renewNow()).pipe(switchMap(() => forward(operation)));
});

/** Renews an expired session, for which the server answers `viewer: null`, then retries once. */
const somebody = new ApolloLink((operation, forward) => {
  const wasSignedIn = session.isSignedIn();
  return forward(operation).pipe(
    switchMap((result) =>
      wasSignedIn && result.data?.["viewer"] === null
        ? from(session.renewNow()).pipe(switchMap(() => forward(operation)))
        : of(result),
    ),
  );
});

export const client = new ApolloClient({
  cache: createCache(),
  dataMasking: true,
  link: ApolloLink.from([
    newest,
    ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      ApolloLink.from([
        resumeLink(() => (transport.isRefused ? session.renewNow() : session.ready())),
        inTime,
        transport,
      ]),
      ApolloLink.from([inTime, onceAgain, somebody, requests]),
    ),
  ]),
  defaultOptions: { watchQuery: { notifyOnNetworkStatusChange: false } },
});

/** Clear cached data and reconnect after the viewer has changed or signed out. */
export async function viewerChanged(): Promise<void> {
  newest.forget();
  transport.restart();
  // Components show the errors of their own queries.
  await client.resetStore().catch(() => undefined);
}
