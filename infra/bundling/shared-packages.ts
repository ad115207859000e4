import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";

/**
 * With esbuild's `splitting`: the Lambdas share the modules that come from packages, and each keeps its own copy of
 * the modules in `lambdas/`. A process that runs many Lambdas loads the AWS SDK once, and their state stays separate,
 * as in AWS.
 *
 * A suffix of its path marks a copy; esbuild ignores the suffix when it reads the file.
 */
export const sharedPackages: Plugin = {
  name: "shared-packages",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.{0,2}\// }, ({ path, resolveDir, pluginData }) => {
      const lambda = pluginData?.lambda;
      if (lambda === undefined || !/\.[jt]s$/.test(path)) return undefined;
      const file = (path.startsWith("/") ? path : join(resolveDir, path)).replace(/\.js$/, ".ts");
      return { path: file, suffix: `?${lambda}`, pluginData };
    });
    onLoad({ filter: /\.ts$/ }, async ({ path, pluginData }) => {
      if (pluginData?.lambda === undefined) return undefined;
      return { contents: await readFile(path, "utf8"), loader: "ts", resolveDir: dirname(path), pluginData };
    });
  },
};
