import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const SOURCE = "src/app/theme.js";

/**
 * Adds `src/app/theme.js` to the page as a classic script, which runs before the first paint.
 *
 * Vite bundles only JavaScript modules, which run after the first paint.
 */
export function earlyScript(): Plugin {
  let address = `/${SOURCE}`;
  return {
    name: "early-script",
    buildStart() {
      if (this.environment.config.command !== "build") return;
      const source = readFileSync(new URL(SOURCE, import.meta.url), "utf8");
      const hash = createHash("sha256").update(source).digest("hex").slice(0, 8);
      const fileName = `assets/app/theme-${hash}.js`;
      this.emitFile({ type: "asset", fileName, source });
      address = `/${fileName}`;
    },
    transformIndexHtml: () => [
      { tag: "script", attrs: { src: address }, injectTo: "head-prepend" },
    ],
  };
}
