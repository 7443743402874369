import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const COMPRESSIBLE = /\/assets\/.+\.(css|js|json|svg|ttf|webmanifest)$/;

/** Writes `.br` and `.gz` variants beside each hashed asset that compression makes smaller. */
export function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    async writeBundle({ dir = "" }, bundle) {
      const paths = Object.keys(bundle).map((name) => join(dir, name));
      await Promise.all(paths.filter((path) => COMPRESSIBLE.test(path)).map(compress));
    },
  };
}

async function compress(path: string): Promise<void> {
  const content = await readFile(path);
  const variants = {
    br: promisify(brotliCompress)(content, {
      params: {
        // Level 11 is about sixteen times slower than level 9, for files that are only a tenth
        // smaller.
        [constants.BROTLI_PARAM_QUALITY]: 9,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    }),
    gz: promisify(gzip)(content, { level: 9 }),
  };
  for (const [suffix, variant] of Object.entries(variants)) {
    const smaller = await variant;
    if (smaller.length < content.length) await writeFile(`${path}.${suffix}`, smaller);
  }
}
