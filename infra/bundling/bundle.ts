import { rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { type ActionName, actionNames } from "../definition/actions.js";
import { octokitEndpoints } from "./octokit-endpoints.js";
import { schemaConstant } from "./schema-constant.js";
import { sdkTrims } from "./sdk-trims.js";

/**
 * Bundles the Lambdas for the stack. The local system uses the same options, so it runs the same code as AWS
 * (`local/lambda-host/thread-bundles.ts`). The target is the older of their two Node.js versions.
 */

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The options that all bundles share; each build adds its entry points. */
export const bundleOptions = {
  bundle: true,
  format: "esm",
  platform: "node",
  // AWS runs nodejs24.x, but package.json promises Node.js 20 on a laptop.
  target: "node20",
  // Prefer ESM: esbuild can't tree-shake CommonJS, which is what "main" means for most of the AWS SDK.
  mainFields: ["module", "main"],
  minify: true,
  treeShaking: true,
  legalComments: "none",
  outExtension: { ".js": ".mjs" },
  metafile: true,
  logLevel: "silent",
  plugins: [sdkTrims, octokitEndpoints(join(root, "lambdas")), schemaConstant],
} satisfies BuildOptions;

export interface BundleOptions {
  /** Where the bundles are written: `<outdir>/<name>/index.mjs`. Files from an earlier run are removed. */
  outdir: string;
  /** The Lambdas to bundle. Default: all. */
  names?: readonly ActionName[];
  /** Whether to write `index.mjs.map` beside each bundle and link it. Default: false. */
  sourceMaps?: boolean;
  /** The folder that holds `<name>.ts`. Default: `lambdas/actions/` of this repository. */
  entryFolder?: string;
}

export interface Bundle {
  name: ActionName;
  /** The absolute path of `<outdir>/<name>`, the folder that becomes the Lambda's code. */
  directory: string;
  /** The absolute path of the module that exports `handler`. */
  file: string;
  /** The size of the module in bytes, without its source map. */
  bytes: number;
  /** The origin of the bytes: source file, relative to the repository → bytes in the bundle. */
  inputs: Readonly<Record<string, number>>;
}

/**
 * Bundles each Lambda separately, with the AWS SDK included.
 *
 * @throws esbuild's `BuildFailure`, whose `errors` name file and line.
 */
export async function bundleLambdas(options: BundleOptions): Promise<Bundle[]> {
  const { names = actionNames, sourceMaps = false, entryFolder = join(root, "lambdas/actions") } = options;
  const outdir = resolve(options.outdir);
  await Promise.all(names.map((name) => rm(join(outdir, name), { recursive: true, force: true })));
  const { metafile } = await build({
    ...bundleOptions,
    plugins: [...bundleOptions.plugins, lambdaEntries(entryFolder)],
    absWorkingDir: root,
    entryPoints: names.map((name) => ({ in: `lambda:${name}`, out: `${name}/index` })),
    outdir,
    sourcemap: sourceMaps ? "linked" : false,
  });
  return names.map((name) => describe(name, join(outdir, name), metafile));
}

/**
 * Resolves `lambda:<name>` to the handler of `<name>.ts`, wrapped in the runtime that all Lambdas share
 * (`lambdas/runtime/`).
 */
export function lambdaEntries(folder: string): Plugin {
  const runtime = (module: string) => JSON.stringify(join(root, `lambdas/runtime/${module}.ts`));
  return {
    name: "lambda-entries",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^lambda:/ }, ({ path }) => ({
        path: path.slice("lambda:".length),
        namespace: "lambda",
      }));
      onLoad({ filter: /.*/, namespace: "lambda" }, ({ path: name }) => ({
        contents: `import { withBudget } from ${runtime("budget")};
import { withLogContext } from ${runtime("log-context")};
import { handler as act } from ${JSON.stringify(join(folder, `${name}.ts`))};
export const handler = withLogContext(${JSON.stringify(name)}, withBudget(act));`,
        resolveDir: root,
      }));
    },
  };
}

function describe(name: ActionName, directory: string, metafile: Metafile): Bundle {
  const file = join(directory, "index.mjs");
  const output = metafile.outputs[relative(root, file).replaceAll("\\", "/")];
  if (!output) throw new Error(`esbuild wrote no ${name}/index.mjs`);
  const inputs = Object.entries(output.inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput]);
  return { name, directory, file, bytes: output.bytes, inputs: Object.fromEntries(inputs) };
}

/** The bytes of a bundle by npm package, biggest first; our own modules count as `(own)`. */
export function bytesByPackage(bundle: Bundle): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [path, bytes] of Object.entries(bundle.inputs)) {
    const name = path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? "(own)";
    sums.set(name, (sums.get(name) ?? 0) + bytes);
  }
  return new Map([...sums].sort(([, a], [, b]) => b - a));
}
