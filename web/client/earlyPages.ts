import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

import { documents } from "./documents.ts";

/** Source files of the scripts that show the first content of pages, keyed by the page's module. */
const ENTRIES = {
  "src/app/Landing.tsx": "src/early/landing.tsx",
  "src/expert/ExpertPage.tsx": "src/early/expert.tsx",
};

/**
 * Builds small scripts that show a page's data long before the browser has loaded the client.
 *
 * The scripts render the client's own components, but a few lines of code replace React and its
 * router. `early.json` lists the script of each page, which the server embeds in that page
 * (web/pages/shell.py).
 */
export function earlyPages(): Plugin {
  return {
    name: "early-pages",
    apply: "build",
    async generateBundle() {
      const names: Record<string, string> = {};
      for (const [page, entry] of Object.entries(ENTRIES)) {
        const source = await bundled(entry);
        const hash = createHash("sha256").update(source).digest("hex").slice(0, 8);
        const name = /(\w+)\.tsx$/.exec(entry)?.[1] ?? "page";
        names[page] = `assets/app/early-${name}-${hash}.js`;
        this.emitFile({ type: "asset", fileName: names[page], source });
      }
      this.emitFile({ type: "asset", fileName: "early.json", source: JSON.stringify(names) });
    },
  };
}

async function bundled(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    root: path(""),
    mode: "app",
    logLevel: "warn",
    plugins: [documents()],
    resolve: {
      alias: [
        { find: /^react(\/jsx-runtime)?$/, replacement: path("src/early/react.ts") },
        { find: "@apollo/client/react", replacement: path("src/early/apollo.ts") },
        { find: "react-router", replacement: path("src/early/router.ts") },
      ],
    },
    build: {
      write: false,
      target: "es2023",
      lib: { entry: path(entry), formats: ["iife"], name: "early" },
    },
  });
  const [result] = Array.isArray(built) ? built : "output" in built ? [built] : [];
  const chunk = result?.output.find((file) => file.type === "chunk");
  if (!chunk) throw new Error(`No chunk of ${entry}`);
  // The script is embedded in an HTML page, where these characters would end or change it.
  if (/<\/script|<!--/i.test(chunk.code)) throw new Error(`${entry} would end its script element`);
  return chunk.code.trim();
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
