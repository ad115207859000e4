import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";

/** An esbuild plugin that makes `import.meta.url` the URL of the source file, not of the compiled file. */
export const ownUrl = {
  name: "own-url",
  setup({ initialOptions, onLoad }) {
    initialOptions.define = { ...initialOptions.define, "import.meta.url": "ownUrlOfThisFile" };
    onLoad({ filter: /\.(ts|mjs)$/ }, async ({ path }) => {
      if (/[\\/]node_modules[\\/]/.test(path)) return undefined;
      const text = await readFile(path, "utf8");
      if (!text.includes("import.meta.url")) return undefined;
      // On the first line, so that line numbers stay the same.
      const contents = `const ownUrlOfThisFile = ${JSON.stringify(pathToFileURL(path).href)};${text}`;
      return { contents, loader: path.endsWith(".ts") ? "ts" : "js", resolveDir: dirname(path) };
    });
  },
};
