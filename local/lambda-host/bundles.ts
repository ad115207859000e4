import { join } from "node:path";
import { type ActionName, actionNames } from "../../infra/definition/actions.js";
import { builtOnce } from "../build/built-once.mjs";

/**
 * The path of each Lambda's bundle. The bundles are rebuilt if their sources have changed. They share modules, which saves
 * two thirds of the time and memory. The bundles that are deployed don't; `test/infra/bundle.test.ts` runs those.
 */
export async function localBundles(): Promise<Record<ActionName, string>> {
  const folder = await builtOnce("lambdas", async (outdir) => {
    const [{ bundleForThreads }, { stop }] = await Promise.all([
      import("./thread-bundles.js"),
      import("esbuild"),
    ]);
    await bundleForThreads(outdir);
    // esbuild's child process would otherwise run as long as this process.
    await stop();
  });
  const paths = actionNames.map((name) => [name, join(folder, name, "index.mjs")]);
  return Object.fromEntries(paths) as Record<ActionName, string>;
}
