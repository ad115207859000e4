import { mkdir, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { bundleOptions, lambdaEntries } from "../../infra/bundling/bundle.js";
import { actionNames } from "../../infra/definition/actions.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const instanceUrl = pathToFileURL(join(root, "local/lambda-host/instance.mjs")).href;

/**
 * Bundles the Lambdas for a thread that serves all of them, for one system after another, as `<outdir>/<name>/index.mjs`.
 * The thread loads the packages once. Our own modules read the environment and have state, so they are compiled once and
 * instantiated for each query with which the bundles are imported (`instance.mjs`).
 *
 * @throws esbuild's `BuildFailure`, whose `errors` name file and line.
 */
export async function bundleForThreads(outdir: string): Promise<void> {
  const options = { ...bundleOptions, absWorkingDir: root, outExtension: {} };
  const handlers = actionNames.map((name) => `${JSON.stringify(name)}: () => require("lambda:${name}")`);
  const { metafile } = await build({
    ...options,
    plugins: [...options.plugins, lambdaEntries(join(root, "lambdas/actions"))],
    stdin: { contents: `export const handlers = { ${handlers.join()} };`, resolveDir: root },
    packages: "external",
    format: "cjs",
    banner: { js: "export function make(require) { const module = { exports: {} };" },
    footer: { js: "return module.exports; }" },
    outfile: join(outdir, "lambdas.mjs"),
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  const names = [...new Set(imports)].filter((path) => !isBuiltin(path));
  const namespaces = names.map((name, i) => `import * as p${i} from ${JSON.stringify(name)};`);
  const packages = names.map((name, i) => `${JSON.stringify(name)}: p${i}`);
  await build({
    ...options,
    stdin: {
      contents: `${namespaces.join("\n")}\nexport const packages = { ${packages.join()} };`,
      resolveDir: root,
    },
    outfile: join(outdir, "packages.mjs"),
  });
  await Promise.all(
    actionNames.map(async (name) => {
      await mkdir(join(outdir, name), { recursive: true });
      await writeFile(join(outdir, name, "index.mjs"), indexOf(name));
    }),
  );
}

const indexOf = (name: string) => `import { instance } from "${instanceUrl}";
import { make } from "../lambdas.mjs";
import { packages } from "../packages.mjs";
export const { handler } = instance(import.meta.url, make, packages)["${name}"]();
`;
