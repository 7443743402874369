import { InMemoryCache, type Reference } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";

import { serverUrl } from "./server.ts";
import possibleTypes from "./gql/possible-types.ts";

/** Return a normalized cache: each object is stored once, by its global ID. */
export function createCache(): InMemoryCache {
  return new InMemoryCache({
    possibleTypes: possibleTypes.possibleTypes,
    typePolicies: {
      Query: {
        fields: {
          // `experts` has no policy, because the directory shows one page at a time: each page is
          // cached separately. Lists of bookings and users grow by "Show more", so their pages are
          // merged into one list for each filter.
          bookings: relayStylePagination(["filter"]),
          users: relayStylePagination(["search", "role"]),
          // If a list has already loaded the expert or booking, read it from the cache.
          expert: {
            read: (found: Reference | null | undefined, { args, toReference }) =>
              found === undefined
                ? toReference({ __typename: "Expert", id: args?.id as string })
                : found,
          },
          booking: {
            read: (found: Reference | null | undefined, { args, toReference }) =>
              found === undefined
                ? toReference({ __typename: "Booking", id: args?.id as string })
                : found,
          },
        },
      },
      Expert: {
        fields: {
          // Lists of days and slots are not merged: a new result replaces the cached one.
          days: { merge: false },
          slots: { merge: false },
          nextSlots: { merge: false },
          reviews: relayStylePagination(["orderBy", "hidden"]),
          photoUrl: { read: absolute },
        },
      },
      // `mine` is missing in public responses, because these are the same for all viewers.
      Slot: { fields: { mine: { read: (mine: boolean | undefined) => mine ?? false } } },
      Contact: { merge: true },
      Place: { merge: true },
      Availability: { merge: true },
      Money: { keyFields: false },
    },
  });
}

function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : serverUrl(path);
}
