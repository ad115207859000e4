import { fileURLToPath } from "node:url";
import type { ActionName } from "../infra/actions.js";
import { bundleLambdas } from "../infra/bundle.js";

/**
 * Bundles the Lambdas for a local system, with source maps; returns the path of each. `purpose` names the folder
 * under `dist/`, so that two systems at once do not replace each other's.
 */
export async function localBundles(purpose: "demo" | "start"): Promise<Record<ActionName, string>> {
  const outdir = fileURLToPath(new URL(`../dist/${purpose}`, import.meta.url));
  const bundles = await bundleLambdas({ outdir, sourceMaps: true });
  return Object.fromEntries(bundles.map(({ name, file }) => [name, file])) as Record<ActionName, string>;
}
