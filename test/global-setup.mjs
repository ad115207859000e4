import { tsImport } from "tsx/esm/api";

/** The Lambdas are bundled once for all tests that run the whole system. Jest itself resolves no TypeScript here. */
export default async function setup() {
  const { bundleLambdas } = await tsImport("../infra/bundle.ts", import.meta.url);
  const { bundleFolder } = await tsImport("./bundles.ts", import.meta.url);
  await bundleLambdas({ outdir: bundleFolder });
}
