import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { precompress } from "./precompress.ts";

/**
 * One build a page: `--mode graphiql` makes GraphiQL, the plain mode the booking client.
 *
 * Each has its own folder of hashed files, so that one can be built again without the other.
 */
export default defineConfig(({ mode }) => {
  const [name, page] =
    mode === "graphiql" ? ["graphiql", "graphiql/index.html"] : ["app", "index.html"];
  return {
    plugins: [react(), precompress()],
    build: {
      outDir: "dist",
      emptyOutDir: false,
      assetsDir: `assets/${name}`,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // Monaco's editor is one chunk of some 3 MB, loaded by GraphiQL alone.
      chunkSizeWarningLimit: 4000,
      rolldownOptions: { input: page },
    },
  };
});
