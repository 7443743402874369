import { readFileSync } from "node:fs";
import { InMemoryCache } from "@apollo/client";
import { type DocumentNode, Kind, OperationTypeNode, print, visit } from "graphql";
import type { Plugin } from "vite";

const GENERATED = new URL("src/api/gql/graphql.ts", import.meta.url);
const CALL = /\bgraphql\(\s*`\s*(?:query|mutation|subscription|fragment)\s+(\w+)[^`]*`,?\s*\)/g;
const EXPORT = /export const (\w+?)(?:Document|FragmentDoc) = (\{.*\}) as unknown as/g;

/**
 * Replaces each call of `graphql()` with the parsed GraphQL document.
 *
 * Codegen's `graphql()` looks documents up in one table, which would make every page load the
 * documents of all pages. The texts of all queries are written to `queries.json`, so that the
 * server can execute a page's queries and embed their results in the page (web/pages/data.py).
 */
export function documents(): Plugin {
  const parsed = new Map<string, string>();
  return {
    name: "documents",
    apply: "build",
    enforce: "pre",
    buildStart() {
      for (const [, name = "", document = ""] of readFileSync(GENERATED, "utf8").matchAll(EXPORT)) {
        parsed.set(name, document);
      }
    },
    transform(code, id) {
      if (!code.includes("graphql(`") || id.includes("/api/gql/")) return null;
      return code.replace(CALL, (_, name: string) => {
        const document = parsed.get(name);
        if (!document) return this.error(`${name} in ${id} is not generated: run codegen`);
        return `(${document})`;
      });
    },
    generateBundle() {
      const source = JSON.stringify(Object.fromEntries(queries(parsed)));
      this.emitFile({ type: "asset", fileName: "queries.json", source });
    },
  };
}

/** Yields the name and the text of each query as Apollo Client sends it. */
function* queries(parsed: ReadonlyMap<string, string>): Generator<[string, string]> {
  const cache = new InMemoryCache();
  for (const [name, json] of parsed) {
    const document = JSON.parse(json) as DocumentNode;
    const [first] = document.definitions;
    if (first?.kind !== Kind.OPERATION_DEFINITION || first.operation !== OperationTypeNode.QUERY)
      continue;
    const sent = visit(cache.transformDocument(document), {
      Directive: ({ name: { value } }) => (value === "unmask" ? null : undefined),
    });
    yield [name, print(sent)];
  }
}
