import { ApolloLink } from "@apollo/client";
import { of } from "rxjs";

/** An answer in the page, as `web/pages/data.py` writes it. */
interface Answer {
  readonly operationName: string;
  readonly variables: Record<string, unknown>;
  readonly result: ApolloLink.Result;
}

const ELEMENT_ID = "page-data";
const MAX_AGE_MS = 60_000;

/** Answers queries from the data that the server put into the page, each once. */
export class PageDataLink extends ApolloLink {
  readonly #answers = readAnswers();

  override request(operation: ApolloLink.Operation, forward: ApolloLink.ForwardFunction) {
    const wanted = canonical(operation.variables);
    const index = this.#answers.findIndex(
      ({ operationName, variables }) =>
        operationName === operation.operationName && canonical(variables) === wanted,
    );
    const [answer] = index < 0 ? [] : this.#answers.splice(index, 1);
    return answer && performance.now() < MAX_AGE_MS ? of(answer.result) : forward(operation);
  }
}

function readAnswers(): Answer[] {
  const [navigation] = performance.getEntriesByType("navigation");
  // Back and forward show the page from the browser's cache, however old it is.
  if ((navigation as PerformanceNavigationTiming | undefined)?.type === "back_forward") return [];
  const json = document.getElementById(ELEMENT_ID)?.textContent;
  return json ? (JSON.parse(json) as Answer[]) : [];
}

/** Return variables as text, whatever the order of their names; null counts as absent. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === "object" && field !== null && !Array.isArray(field)
      ? Object.fromEntries(
          Object.entries(field)
            .filter(([, each]) => each !== null)
            .sort(([one], [other]) => (one < other ? -1 : 1)),
        )
      : field,
  );
}
