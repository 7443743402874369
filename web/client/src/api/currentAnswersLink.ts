import { ApolloLink } from "@apollo/client";
import { OperationTypeNode } from "graphql";
import { of, switchMap, tap } from "rxjs";

/**
 * Sends a query again if the response to a mutation arrived while the query was under way.
 *
 * The response to such a query may predate the mutation, and would then overwrite the mutation's
 * result in the cache. A refetch after the mutation does not prevent such an overwrite, because the
 * refetch may share the request under way, or the refetch's response may arrive before that of the
 * older request.
 */
export class CurrentAnswersLink extends ApolloLink {
  #mutations = 0;

  override request(operation: ApolloLink.Operation, forward: ApolloLink.ForwardFunction) {
    return operation.operationType === OperationTypeNode.MUTATION
      ? forward(operation).pipe(tap(() => (this.#mutations += 1)))
      : this.#ask(operation, forward);
  }

  #ask(
    operation: ApolloLink.Operation,
    forward: ApolloLink.ForwardFunction,
  ): ReturnType<ApolloLink.ForwardFunction> {
    const before = this.#mutations;
    return forward(operation).pipe(
      switchMap((answer) =>
        this.#mutations === before ? of(answer) : this.#ask(operation, forward),
      ),
    );
  }
}
