import "@apollo/client";
import type { GraphQLCodegenDataMasking } from "@apollo/client/masking";

declare module "@apollo/client" {
  // Masked fragments, as the generated types have them.
  export interface TypeOverrides extends GraphQLCodegenDataMasking.TypeOverrides {}
}
