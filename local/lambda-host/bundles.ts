import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ActionName } from "../../infra/actions.js";
import { bundleLambdas } from "../../infra/bundle.js";

/** The Lambdas' bundles of one local system. */
export interface LocalBundles {
  /** The path of each. */
  paths: Record<ActionName, string>;
  /** Synchronous, so that a process can do it while it exits. */
  removeNow(): void;
}

/**
 * Bundles the Lambdas, with source maps, into a folder of this process's own: two systems at once must not
 * replace each other's.
 */
export async function localBundles(): Promise<LocalBundles> {
  const outdir = await mkdtemp(join(tmpdir(), "coder-task-relay-"));
  const bundles = await bundleLambdas({ outdir, sourceMaps: true });
  return {
    paths: Object.fromEntries(bundles.map(({ name, file }) => [name, file])) as Record<ActionName, string>,
    removeNow: () => rmSync(outdir, { recursive: true, force: true }),
  };
}
