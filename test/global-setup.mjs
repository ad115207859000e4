import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tsImport } from "tsx/esm/api";
import { compile } from "../local/build/compile.mjs";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));

/**
 * The local system is compiled and its Lambdas are bundled once for all tests that run it, in a folder of this run's own:
 * two runs at once must not replace each other's. The Lambdas share their modules, which saves a third of the tests'
 * time; `test/infra/bundle.test.ts` runs the bundles that are deployed. What these tests have taken is noted there, too
 * (`jest.reporter.mjs`). Jest itself resolves no TypeScript here.
 */
export default async function setup() {
  // Only the Lambdas of a whole system write metrics; in a unit test they would be noise.
  process.env.POWERTOOLS_METRICS_DISABLED = "true";
  const { bundleForThreads } = await tsImport("../local/lambda-host/thread-bundles.ts", import.meta.url);
  await mkdir(dist, { recursive: true });
  // Here, because the compiled system finds its packages from there.
  process.env.TEST_BUNDLES = await mkdtemp(join(dist, "test-"));
  process.env.TEST_TAKEN ??= join(process.env.TEST_BUNDLES, "taken");
  await bundleForThreads(process.env.TEST_BUNDLES);
  await compile(["local/system/system"], join(process.env.TEST_BUNDLES, "local/system"));
}
