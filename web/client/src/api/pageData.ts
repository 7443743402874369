/** A query and its result, both embedded in the page by `web/pages/data.py`. */
export interface Answer {
  readonly operationName: string;
  readonly variables: Record<string, unknown>;
  readonly result: { readonly data?: Record<string, unknown> };
}

const ELEMENT_ID = "page-data";
const MAX_AGE_MS = 60_000;

/** The results of queries that the server has embedded in the page. */
export class PageData {
  readonly #answers = readAnswers();

  /**
   * Return the embedded result of the query with the given name.
   *
   * @param variables the query's variables; without them, those of the result do not matter.
   */
  find(name: string, variables?: Record<string, unknown>): Answer | undefined {
    if (performance.now() >= MAX_AGE_MS) return undefined;
    const wanted = variables && canonical(variables);
    return this.#answers.find(
      (answer) =>
        answer.operationName === name &&
        (wanted === undefined || canonical(answer.variables) === wanted),
    );
  }

  /** Return the embedded result of a query, and remove it, so that it is used only once. */
  take(name: string, variables: Record<string, unknown>): Answer | undefined {
    const answer = this.find(name, variables);
    if (answer) this.#answers.splice(this.#answers.indexOf(answer), 1);
    return answer;
  }
}

function readAnswers(): Answer[] {
  const [navigation] = performance.getEntriesByType("navigation");
  // Back and Forward may show a page from the browser's cache, whose data may be old.
  if ((navigation as PerformanceNavigationTiming | undefined)?.type === "back_forward") return [];
  const json = document.getElementById(ELEMENT_ID)?.textContent;
  return json ? (JSON.parse(json) as Answer[]) : [];
}

/** Return variables as JSON with sorted names, without the variables that are null. */
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
