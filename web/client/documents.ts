import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const GENERATED = new URL("src/api/gql/graphql.ts", import.meta.url);
const CALL = /\bgraphql\(\s*`\s*(?:query|mutation|subscription|fragment)\s+(\w+)[^`]*`,?\s*\)/g;
const EXPORT = /export const (\w+?)(?:Document|FragmentDoc) = (\{.*\}) as unknown as/g;

/**
 * Replaces each `graphql()` call by its parsed document.
 *
 * Codegen's `graphql()` looks documents up in one table, which would make every page load the
 * documents of all pages.
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
  };
}
