import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tsImport } from "tsx/esm/api";
import { compile } from "../local/build/compile.mjs";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));

/**
 * Compiles the local system and bundles its Lambdas once for all tests that run it, in a separate folder so that concurrent
 * test runs don't overwrite each other's files. The Lambdas share their modules, which saves a third of the tests' time;
 * `test/infra/bundle.test.ts` runs the bundles that are deployed. The folder also collects what the tests have covered
 * (`jest.reporter.mjs`). Jest itself doesn't resolve TypeScript here.
 */
export default async function setup() {
  // Only the Lambdas of a whole system write metrics; in a unit test they would be noise.
  process.env.POWERTOOLS_METRICS_DISABLED = "true";
  const { bundleForThreads } = await tsImport("../local/lambda-host/thread-bundles.ts", import.meta.url);
  await mkdir(dist, { recursive: true });
  // In `dist`, so that the compiled system can resolve its packages.
  process.env.TEST_BUNDLES = await mkdtemp(join(dist, "test-"));
  process.env.TEST_TAKEN ??= join(process.env.TEST_BUNDLES, "taken");
  await bundleForThreads(process.env.TEST_BUNDLES);
  await compile(["local/system/system"], join(process.env.TEST_BUNDLES, "local/system"));
}
