import { ApolloLink } from "@apollo/client";
import { of } from "rxjs";

import { PageData } from "./pageData.ts";

/** Responds to a query once with the result that is embedded in the page, without a request. */
export class PageDataLink extends ApolloLink {
  readonly #page: PageData;

  constructor(page: PageData = new PageData()) {
    super();
    this.#page = page;
  }

  override request(operation: ApolloLink.Operation, forward: ApolloLink.ForwardFunction) {
    const answer = this.#page.take(operation.operationName ?? "", operation.variables);
    return answer ? of(answer.result) : forward(operation);
  }
}
