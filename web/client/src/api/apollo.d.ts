import "@apollo/client";
import type { GraphQLCodegenDataMasking } from "@apollo/client/masking";

declare module "@apollo/client" {
  // Makes Apollo Client's types match the masked fragments that codegen generates.
  export interface TypeOverrides extends GraphQLCodegenDataMasking.TypeOverrides {}
}
