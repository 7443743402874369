import { ApolloLink } from "@apollo/client";
import { OperationTypeNode } from "graphql";
import { of, switchMap, tap } from "rxjs";

/**
 * Sends a query again if a mutation was answered while the query was under way.
 *
 * The answer to such a query may predate the mutation, and would overwrite the mutation's result in
 * the cache. A refetch after the mutation does not prevent that: it shares the request under way,
 * or is answered first.
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
