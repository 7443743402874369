import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defaultClientConditions } from "vite";
import { defineConfig } from "vitest/config";

import { apiUrl } from "./apiUrl.ts";
import { budget } from "./budget.ts";
import { documents } from "./documents.ts";
import { earlyPages } from "./earlyPages.ts";
import { earlyScript } from "./earlyScript.ts";
import { precompress } from "./precompress.ts";

// Paths of the modules in the shared chunk. Forms and sign-in are left out, because the booking
// page needs them only after a time is held.
const SHARED =
  /\/src\/(api|app|session\/(session|Viewer|drafts)|text\/(?!expertProblems|problems|contactUrls)|time\/(?!day|relativeMoment)|ui\/(?!Avatar|Field|problems|Select|ShowMore|useMedia|useProblems))/;

/**
 * Each of the two pages has its own build: `--mode app` builds the client, and `--mode graphiql`
 * builds the GraphiQL page.
 *
 * Each build writes to an assets folder of its own, so that one can be rebuilt without the other.
 */
export default defineConfig(({ mode }) => {
  const [name, page] =
    mode === "graphiql" ? ["graphiql", "graphiql/index.html"] : ["app", "index.html"];
  return {
    plugins: [
      react(),
      ...(name === "app"
        ? [
            apiUrl(),
            documents(),
            earlyScript(),
            earlyPages(),
            tailwindcss(),
            budget("src/expert/ExpertPage.tsx", 180),
          ]
        : []),
      precompress(),
    ],
    build: {
      outDir: "dist",
      emptyOutDir: false,
      assetsDir: `assets/${name}`,
      assetsInlineLimit: 0,
      // The server reads the manifest to send preload hints.
      manifest: name === "app" ? "app.json" : false,
      target: "es2023",
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // Monaco is a single chunk of about 3 MB, loaded by GraphiQL only.
      chunkSizeWarningLimit: 4000,
      rolldownOptions: {
        input: page,
        // One file for the shared modules, because many small files load more slowly and compress
        // worse.
        output: {
          codeSplitting: { groups: [{ name: "shared", test: SHARED, minShareCount: 2 }] },
        },
      },
    },
    // Use the ES2015 build of rxjs, because it is smaller.
    resolve: { conditions: ["es2015", ...defaultClientConditions] },
    server: {
      proxy: {
        "/photos": "http://127.0.0.1:8000",
        "^/bookings/.*\\.ics": "http://127.0.0.1:8000",
        "/graphql": { target: "http://127.0.0.1:8000", ws: true },
      },
    },
    // This pool loads jsdom only once, but still gives each test file its own document.
    test: { environment: "jsdom", pool: "vmThreads", include: ["src/**/*.test.{ts,tsx}"] },
  };
});
