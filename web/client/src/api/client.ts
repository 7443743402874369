import {
  ApolloClient,
  ApolloLink,
  HttpLink,
  type OperationVariables,
  type TypedDocumentNode,
  type Unmasked,
} from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { ErrorLink } from "@apollo/client/link/error";
import { SetContextLink } from "@apollo/client/link/context";
import { OperationTypeNode } from "graphql";
import { from, of, switchMap } from "rxjs";

import * as session from "../session/session.ts";
import { createCache } from "./cache.ts";
import { CurrentAnswersLink } from "./currentAnswersLink.ts";
import { PageData } from "./pageData.ts";
import { PageDataLink } from "./pageDataLink.ts";
import { serverUrl } from "./server.ts";
import { SequenceLink } from "./sequenceLink.ts";
import { resumeLink } from "./resumeLink.ts";
import { Transport } from "./transport.ts";

const url = new URL(serverUrl("/graphql"), window.location.href);

const transport = new Transport(url);
const sequences = new SequenceLink();
const page = new PageData();

/** Sends requests with the session cookie, which the server accepts only with `X-Session`. */
const httpLink = new HttpLink({
  uri: url.href,
  credentials: "include",
  headers: { "X-Session": "cookie", Accept: "application/graphql-response+json" },
});

/** Renews an expiring session, and sends the page's language, in which new users get e-mails. */
const renewBeforeExpiry = new SetContextLink(async (context) => {
  await session.renewIfDue();
  const headers = context.headers as Record<string, string> | undefined;
  return { ...context, headers: { ...headers, "Accept-Language": document.documentElement.lang } };
});

/** Renews a session that the server rejects, then retries the operation once. */
const retryUnauthenticated = new ErrorLink(({ error, operation, forward }) => {
  const isUnauthenticated =
    CombinedGraphQLErrors.is(error) &&
    error.errors.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED");
  if (!isUnauthenticated || !session.isSignedIn()) return;
  return from(session.forceRenew()).pipe(switchMap(() => forward(operation)));
});

/** Renews a session if the server responds with `viewer: null`, then retries the query once. */
const retryNullViewer = new ApolloLink((operation, forward) => {
  const wasSignedIn = session.isSignedIn();
  return forward(operation).pipe(
    switchMap((result) =>
      wasSignedIn && result.data?.viewer === null
        ? from(session.forceRenew()).pipe(switchMap(() => forward(operation)))
        : of(result),
    ),
  );
});

export const client = new ApolloClient({
  cache: createCache(),
  dataMasking: true,
  link: ApolloLink.from([
    sequences,
    ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      ApolloLink.from([
        resumeLink(() =>
          transport.isSessionRejected ? session.forceRenew() : session.renewIfDue(),
        ),
        renewBeforeExpiry,
        transport,
      ]),
      ApolloLink.from([
        new CurrentAnswersLink(),
        new PageDataLink(page),
        renewBeforeExpiry,
        retryUnauthenticated,
        retryNullViewer,
        httpLink,
      ]),
    ),
  ]),
  defaultOptions: { watchQuery: { notifyOnNetworkStatusChange: false } },
});

/**
 * If the page contains the result of a query, put it into the cache for the first render.
 *
 * @returns whether the page contains a result of the query with these variables.
 */
export function primeFromPage<Data, Variables extends OperationVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): boolean {
  const [operation] = query.definitions;
  const name = operation && "name" in operation ? operation.name.value : undefined;
  const answer = page.find(name ?? "", variables);
  if (!answer) return false;
  client.writeQuery({ query, variables, data: answer.result.data as Unmasked<Data> });
  return true;
}

/**
 * Reconnect after an anonymous visitor has signed in on this page.
 *
 * Unlike `resetForNewViewer`, this keeps the cache, whose data were loaded for this person.
 */
export function continueAsViewer(): void {
  transport.restart();
}

/** Clear cached data and reconnect, after a user has signed out or another has signed in. */
export async function resetForNewViewer(): Promise<void> {
  sequences.reset();
  transport.restart();
  // Ignore errors of the refetched queries here, because their components show them.
  await client.resetStore().catch(() => undefined);
}
