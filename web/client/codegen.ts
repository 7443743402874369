import type { CodegenConfig } from "@graphql-codegen/cli";

/** Generates the types of the client's GraphQL documents, and the possible types of unions. */
const config: CodegenConfig = {
  schema: "../../schema/schema.graphql",
  documents: ["src/**/*.{ts,tsx}", "!src/**/*.test.{ts,tsx}", "!src/api/gql/**"],
  generates: {
    "src/api/gql/": {
      preset: "client",
      // Codegen need not mask fragments, because Apollo Client masks them.
      presetConfig: { fragmentMasking: false },
      config: {
        inlineFragmentTypes: "mask",
        customDirectives: { apolloUnmask: true },
        useTypeImports: true,
        enumsAsTypes: true,
        nonOptionalTypename: true,
        skipTypeNameForRoot: true,
        scalars: {
          ID: "string",
          Date: "string",
          DateTime: "string",
          LocalTime: "string",
          TimeZone: "string",
        },
      },
    },
    "src/api/gql/possible-types.ts": {
      plugins: ["fragment-matcher"],
      config: { useExplicitTyping: true },
    },
  },
};

export default config;
