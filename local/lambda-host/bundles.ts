import { join } from "node:path";
import { type ActionName, actionNames } from "../../infra/definition/actions.js";
import { builtOnce } from "../build/built-once.mjs";

/**
 * The path of each Lambda's bundle, which is built if its sources have changed since the last time. The bundles share the
 * code of packages, which saves two thirds of the time and the memory.
 */
export async function localBundles(): Promise<Record<ActionName, string>> {
  const folder = await builtOnce("lambdas", async (outdir) => {
    const [{ bundleLambdas }, { stop }] = await Promise.all([
      import("../../infra/bundling/bundle.js"),
      import("esbuild"),
    ]);
    await bundleLambdas({ outdir, sharePackages: true });
    // Its child process would stay as long as this one.
    await stop();
  });
  const paths = actionNames.map((name) => [name, join(folder, name, "index.mjs")]);
  return Object.fromEntries(paths) as Record<ActionName, string>;
}
