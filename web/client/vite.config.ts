import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defaultClientConditions } from "vite";
import { defineConfig } from "vitest/config";

import { budget } from "./budget.ts";
import { documents } from "./documents.ts";
import { precompress } from "./precompress.ts";

const SHARED = /\/src\/(api|app|session|text|time|ui)\//;

/**
 * One build a page: `--mode graphiql` makes GraphiQL, `--mode app` the booking client.
 *
 * Each has its own folder of hashed files, so that one can be built again without the other.
 */
export default defineConfig(({ mode }) => {
  const [name, page] =
    mode === "graphiql" ? ["graphiql", "graphiql/index.html"] : ["app", "index.html"];
  return {
    plugins: [
      react(),
      ...(name === "app"
        ? [documents(), tailwindcss(), budget("src/expert/ExpertPage.tsx", 180)]
        : []),
      precompress(),
    ],
    build: {
      outDir: "dist",
      emptyOutDir: false,
      assetsDir: `assets/${name}`,
      assetsInlineLimit: 0,
      // From which the server tells browsers what a page will load.
      manifest: name === "app" ? "app.json" : false,
      target: "es2023",
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // Monaco's editor is one chunk of some 3 MB, loaded by GraphiQL alone.
      chunkSizeWarningLimit: 4000,
      rolldownOptions: {
        input: page,
        // What pages share is one file: a dozen small ones take longer to fetch and compress worse.
        output: {
          codeSplitting: { groups: [{ name: "shared", test: SHARED, minShareCount: 2 }] },
        },
      },
    },
    // Of rxjs the modern build: 2 kB less.
    resolve: { conditions: ["es2015", ...defaultClientConditions] },
    server: {
      proxy: {
        "/photos": "http://127.0.0.1:8000",
        "/graphql": { target: "http://127.0.0.1:8000", ws: true },
      },
    },
    test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
  };
});
