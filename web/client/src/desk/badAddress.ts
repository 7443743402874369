import { CombinedGraphQLErrors } from "@apollo/client/errors";

/** Whether an address names what cannot be: the server does not know such an id. */
export function isBadAddress(error: unknown): boolean {
  return (
    CombinedGraphQLErrors.is(error) &&
    error.errors.some(({ extensions }) => extensions?.["code"] === "BAD_USER_INPUT")
  );
}
