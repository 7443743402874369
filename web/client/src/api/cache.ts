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
          // `experts` has no policy: the directory shows one page at a time, so each page is cached
          // by all its arguments. Bookings and users grow by "Show more": one list per filter.
          bookings: relayStylePagination(["filter"]),
          users: relayStylePagination(["search", "role"]),
          // Read an object that a list has already loaded, without another request.
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
          // Days have no ID: a new result replaces the old one.
          days: { merge: false },
          slots: { merge: false },
          nextSlots: { merge: false },
          reviews: relayStylePagination(["orderBy", "hidden"]),
          photoUrl: { read: absolute },
        },
      },
      // Public responses leave `mine` out, because they are the same for everybody.
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
