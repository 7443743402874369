import { CombinedGraphQLErrors } from "@apollo/client/errors";

/** Return whether the server rejected the ID in the URL as malformed. */
export function isMalformedId(error: unknown): boolean {
  return (
    CombinedGraphQLErrors.is(error) &&
    error.errors.some(({ extensions }) => extensions?.code === "BAD_USER_INPUT")
  );
}
