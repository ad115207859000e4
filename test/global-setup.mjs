import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tsImport } from "tsx/esm/api";

/**
 * The Lambdas are bundled once for all tests that run the whole system, in a folder of this run's own: two runs
 * at once must not replace each other's. They share their modules, which saves a third of the tests' time;
 * `test/infra/bundle.test.ts` runs the bundles that are deployed. What these tests have taken is noted there, too (`jest.reporter.mjs`).
 * Jest itself resolves no TypeScript here.
 */
export default async function setup() {
  // Only the Lambdas of a whole system write metrics; in a unit test they would be noise.
  process.env.POWERTOOLS_METRICS_DISABLED = "true";
  const { bundleLambdas } = await tsImport("../infra/bundling/bundle.ts", import.meta.url);
  process.env.TEST_BUNDLES = await mkdtemp(join(tmpdir(), "relay-test-"));
  process.env.TEST_TAKEN ??= join(process.env.TEST_BUNDLES, "taken");
  await bundleLambdas({ outdir: process.env.TEST_BUNDLES, shareModules: true });
}
