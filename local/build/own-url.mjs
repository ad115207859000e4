import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";

/** A pattern, which doesn't match itself: this file is compiled too. */
const url = /\bimport\.meta\.url\b/g;

/** An esbuild plugin that makes `import.meta.url` the URL of the source file, not of the compiled file. */
export const ownUrl = {
  name: "own-url",
  setup({ onLoad }) {
    onLoad({ filter: /\.(ts|mjs)$/ }, async ({ path }) => {
      if (/[\\/]node_modules[\\/]/.test(path)) return undefined;
      const text = await readFile(path, "utf8");
      const contents = text.replace(url, JSON.stringify(pathToFileURL(path).href));
      if (contents === text) return undefined;
      return { contents, loader: path.endsWith(".ts") ? "ts" : "js", resolveDir: dirname(path) };
    });
  },
};
