import { bundleLambdas } from "./bundling/bundle.js";

/** `npm run build` writes every Lambda's bundle to `dist/lambdas/` and prints its size. */
const bundles = await bundleLambdas({ outdir: "dist/lambdas" });
for (const { name, bytes } of bundles)
  console.log(`${name.padEnd(20)} ${(bytes / 1024).toFixed(0).padStart(5)} KB`);
