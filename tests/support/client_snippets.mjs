// Runs the snippets of docs/clients.md: signs in, queries the viewer with each library, and watches
// the viewer's bookings with each library until every subscription has outlived two access tokens.
//
// Arguments: the lifetime of an access token and the deadline, both in seconds; a file for the
// results; and a file that appears once a client in another language has outlived two access tokens,
// too. The script causes the events by holding and cancelling a slot again and again.

import { existsSync, writeFileSync } from "node:fs";

import { gql } from "@apollo/client";
import relay from "relay-runtime";

import { client as apollo, clientWithoutSockets as multipart } from "./apollo.mjs";
import { client as sse } from "./graphql-sse.mjs";
import { client as ws } from "./graphql-ws.mjs";
import { environment } from "./relay.mjs";
import { MINE, WHO } from "./relay_operations.mjs";
import { accessToken, graphql, signIn } from "./session.mjs";
import { client as urql } from "./urql.mjs";
import { watchCalendar } from "./watch.mjs";

const [lifetime, deadline] = process.argv.slice(2, 4).map(Number);
const mine = MINE.params.text;
const who = WHO.params.text;
const SLOTS = `query ($from: DateTime!, $to: DateTime!) {
  experts(first: 1) { nodes { id cursor slots(from: $from, to: $to) { id status } } } }`;
const HOLD = `mutation ($id: ID!) { holdSlot(input: {slotId: $id}) {
  __typename ... on Booking { id } ... on Refusal { message } } }`;
const CANCEL = "mutation ($id: ID!) { cancelBooking(input: {bookingId: $id}) { __typename } }";

/** Seconds from the start to each subscription's last event; reasons why subscriptions ended. */
const lastEvents = {};
const ends = {};
let begin;

function observer(name) {
  lastEvents[name] = 0;
  return {
    next: () => (lastEvents[name] = (performance.now() - begin) / 1_000),
    error: (error) => (ends[name] = String(error?.message ?? error)),
    complete: () => (ends[name] ??= "complete"),
  };
}

await signIn("client@example.com", "expertbook-demo");
const viewers = {
  apollo: (await apollo.query({ query: gql(who) })).data.viewer.name,
  urql: (await urql.query(who, {}).toPromise()).data.viewer.name,
  relay: (await relay.fetchQuery(environment, WHO, {}).toPromise()).viewer.name,
};

const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
const { experts } = await graphql(SLOTS, { from: day(3), to: day(10) });
const [expert] = experts.nodes;
const slot = expert.slots.find(({ status }) => status === "OPEN");

begin = performance.now();
apollo.subscribe({ query: gql(mine) }).subscribe(observer("apollo"));
multipart.subscribe({ query: gql(mine) }).subscribe(observer("apollo without sockets"));
ws.subscribe({ query: mine }, observer("graphql-ws"));
sse.subscribe({ query: mine }, observer("graphql-sse"));
const { next, error } = observer("urql");
urql.subscription(mine, {}).subscribe((result) => (result.error ? error(result.error) : next()));
const { next: onNext, error: onError, complete: onCompleted } = observer("relay");
relay.requestSubscription(environment, {
  subscription: MINE,
  variables: {},
  onNext,
  onError,
  onCompleted,
});
const cursors = [];
void (async () => {
  const watcher = observer("watch.mjs");
  for await (const { cursor } of watchCalendar(expert.id, expert.cursor)) {
    cursors.push(cursor);
    watcher.next();
  }
})();

const areDone = () =>
  Object.values(lastEvents).every((seconds) => seconds > 2 * lifetime) &&
  existsSync(process.argv[5]);
while (!areDone() && !Object.keys(ends).length && performance.now() - begin < deadline * 1_000) {
  const { holdSlot } = await graphql(HOLD, { id: slot.id }, await accessToken());
  if (!holdSlot.id) throw new Error(holdSlot.message);
  await graphql(CANCEL, { id: holdSlot.id }, await accessToken());
  await new Promise((resolve) => setTimeout(resolve, 200));
}
writeFileSync(process.argv[4], JSON.stringify({ viewers, lastEvents, ends, cursors }));
process.exit();
