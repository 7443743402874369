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

/** Asks with the session's cookies, which count only together with this header. */
const requests = new HttpLink({
  uri: url.pathname,
  headers: { "X-Session": "cookie", Accept: "application/graphql-response+json" },
});

const inTime = new SetContextLink(async (context) => {
  await session.ready();
  return context;
});

/** Renews a session that the server does not take any more, and asks once again. */
const onceAgain = new ErrorLink(({ error, operation, forward }) => {
  const isUnknown =
    CombinedGraphQLErrors.is(error) &&
    error.errors.some(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED");
  if (!isUnknown || !session.isSignedIn()) return;
  return from(session.renewNow()).pipe(switchMap(() => forward(operation)));
});

/** Renews a session whose access cookie is gone, for which the server says that it is nobody's. */
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

/** Another viewer, or none: nothing of the former one's stays, and the socket is a new one. */
export async function viewerChanged(): Promise<void> {
  newest.forget();
  transport.restart();
  // A query that fails now says so where it is shown.
  await client.resetStore().catch(() => undefined);
}
