// A query and a subscription as relay-compiler 21.0.1 compiles them. The compiler itself takes
// 120 MB, too much for every installation of the client's packages.

const scalar = (name) => ({ alias: null, args: null, kind: "ScalarField", name, storageKey: null });
const linked = (name, concreteType, selections) => ({
  ...{ alias: null, args: null, concreteType, kind: "LinkedField", name },
  ...{ plural: false, selections, storageKey: null },
});
const request = (type, name, operationKind, text, selections, normalized = selections) => ({
  fragment: {
    ...{ argumentDefinitions: [], kind: "Fragment", metadata: null, name },
    ...{ selections, type, abstractKey: null },
  },
  kind: "Request",
  operation: { argumentDefinitions: [], kind: "Operation", name, selections: normalized },
  params: { cacheID: name, id: null, metadata: {}, name, operationKind, text },
});

export const MINE = request(
  "Subscription",
  "MineSubscription",
  "subscription",
  "subscription MineSubscription {\n  bookingChanged {\n    id\n    status\n  }\n}\n",
  [linked("bookingChanged", "Booking", [scalar("id"), scalar("status")])],
);
export const WHO = request(
  "Query",
  "WhoQuery",
  "query",
  "query WhoQuery {\n  viewer {\n    name\n    id\n  }\n}\n",
  [linked("viewer", "User", [scalar("name")])],
  [linked("viewer", "User", [scalar("name"), scalar("id")])],
);
