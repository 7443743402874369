import { InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";

import possibleTypes from "./gql/possible-types.ts";

/** A normalised cache: every object once, by its global id. */
export function createCache(): InMemoryCache {
  return new InMemoryCache({
    possibleTypes: possibleTypes.possibleTypes,
    typePolicies: {
      Query: {
        fields: {
          // The directory turns pages: each is a list of its own, named by all its arguments.
          // Bookings and accounts grow by "show more": one list for each filter.
          bookings: relayStylePagination(["filter"]),
          users: relayStylePagination(["search", "role"]),
          // What a list has brought need not be asked for again.
          expert: {
            read: (found, { args, toReference }) =>
              found === undefined
                ? toReference({ __typename: "Expert", id: args?.["id"] as string })
                : found,
          },
          booking: {
            read: (found, { args, toReference }) =>
              found === undefined
                ? toReference({ __typename: "Booking", id: args?.["id"] as string })
                : found,
          },
        },
      },
      Expert: {
        fields: {
          // A day has no identity of its own: a new answer replaces the old one.
          days: { merge: false },
          slots: { merge: false },
        },
      },
      Contact: { merge: true },
      Availability: { merge: true },
      Money: { keyFields: false },
    },
  });
}
