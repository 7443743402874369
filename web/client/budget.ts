import { gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

/**
 * Fails the build when the gzipped JavaScript that a page needs exceeds its budget.
 *
 * @param page the module that the page's route loads lazily.
 * @param most the budget in kilobytes (1,000 bytes) for the entry module, the page's module and all
 *   modules that they import.
 */
export function budget(page: string, most: number): Plugin {
  return {
    name: "budget",
    apply: "build",
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      const roots = chunks.filter(
        (chunk) => chunk.isEntry || chunk.facadeModuleId?.endsWith(`/${page}`),
      );
      if (roots.length < 2) this.error(`No chunk of ${page}: is it no longer loaded lazily?`);
      const needed = closure(roots, bundle);
      const size = [...needed].reduce((sum, chunk) => sum + gzipSync(chunk.code).length, 0) / 1000;
      const message = `${page} needs ${size.toFixed(1)} kB of JavaScript; it may need ${most} kB`;
      if (size > most) this.error(message);
      this.info(message);
    },
  };
}

function closure(
  roots: Rollup.OutputChunk[],
  bundle: Rollup.OutputBundle,
): Set<Rollup.OutputChunk> {
  const found = new Set(roots);
  for (const chunk of found) {
    for (const name of chunk.imports) {
      const imported = bundle[name];
      if (imported?.type === "chunk") found.add(imported);
    }
  }
  return found;
}
