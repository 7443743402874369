import { expect, test } from "vitest";

import { createCache } from "../api/cache.ts";
import type { BookingStatus } from "../api/gql/graphql.ts";
import { BOOKINGS, removeFromLists, addToLists, LISTED_BOOKING, undoRemoval } from "./listCache.ts";
import { firstPageVariables, type View } from "./lists.ts";

const NOW = Date.parse("2026-11-21T12:30:00Z");

function booking(id: string, startsAt: string, status: BookingStatus = "CONFIRMED") {
  return {
    __typename: "Booking" as const,
    id,
    reference: id,
    status,
    startsAt,
    endsAt: startsAt,
    minutes: 60,
    note: "",
    createdAt: "2026-11-01T09:00:00Z",
    heldUntil: null,
    cancellableUntil: startsAt,
    sequence: 1,
    reviewableUntil: null,
    review: null,
    viewerActions: [],
    price: { __typename: "Money" as const, amount: 9_000, currency: "EUR", decimals: 2 },
    place: { __typename: "Place" as const, kind: "VIDEO" as const, details: null },
    icsUrl: `/bookings/${id}.ics?key=k`,
    client: { __typename: "User" as const, id: "me" },
    expert: {
      __typename: "Expert" as const,
      id: "expert",
      slug: "ada",
      name: "Ada",
      title: "Engineer",
      photoUrl: "/photos/ada",
    },
    history: [],
  };
}

type Row = ReturnType<typeof booking>;

function cacheWith(view: View, rows: Row[]) {
  const cache = createCache();
  cache.writeQuery({
    query: BOOKINGS,
    variables: firstPageVariables(view, NOW),
    data: {
      bookings: {
        __typename: "BookingConnection",
        edges: rows.map((node) => ({ __typename: "BookingEdge" as const, cursor: node.id, node })),
        pageInfo: {
          __typename: "PageInfo",
          hasNextPage: false,
          hasPreviousPage: false,
          startCursor: rows[0]?.id ?? null,
          endCursor: rows.at(-1)?.id ?? null,
        },
      },
    },
  });
  return {
    cache,
    ids: (of: View = view) =>
      cache
        .readQuery({ query: BOOKINGS, variables: firstPageVariables(of, NOW) })
        ?.bookings.edges.map(({ node }) => node.id),
    learn: (row: Row) => {
      const fragmentName = "ListedBooking";
      cache.writeFragment({ fragment: LISTED_BOOKING, fragmentName, data: row });
      addToLists(cache, row.id, "me", NOW);
    },
  };
}

const late = booking("late", "2026-11-25T10:00:00Z");
const early = booking("early", "2026-11-23T10:00:00Z");
const between = booking("between", "2026-11-24T10:00:00Z");

test("a new booking is inserted into its list only once, in the order of the start times", () => {
  const { ids, learn } = cacheWith("coming", [late, early]);
  learn(between);
  learn({ ...between, sequence: 2 });
  expect(ids()).toEqual(["late", "between", "early"]);
});

test("a booking is not added to a list that has not been loaded", () => {
  const { ids, learn } = cacheWith("coming", [late]);
  learn(booking("off", "2026-11-24T10:00:00Z", "CANCELLED"));
  expect(ids()).toEqual(["late"]);
  expect(ids("cancelled")).toBeUndefined();
});

test("a removed booking is in no list; events add it again only if the removal is undone", () => {
  const { cache, ids, learn } = cacheWith("coming", [late, early]);
  removeFromLists(cache, "early");
  expect(ids()).toEqual(["late"]);
  learn({ ...early, sequence: 2 });
  expect(ids()).toEqual(["late"]);
  undoRemoval("early");
  learn({ ...early, sequence: 3 });
  expect(ids()).toEqual(["late", "early"]);
});

test("a booking whose removal failed is listed again", () => {
  const { cache, ids } = cacheWith("coming", [late, early]);
  cache.recordOptimisticTransaction((layer) => removeFromLists(layer, "late"), "removal");
  const meanwhile = {
    query: BOOKINGS,
    variables: firstPageVariables("coming", NOW),
    optimistic: true,
  };
  expect(cache.readQuery(meanwhile)?.bookings.edges).toHaveLength(1);
  cache.removeOptimistic("removal");
  undoRemoval("late");
  expect(ids()).toEqual(["late", "early"]);
});
