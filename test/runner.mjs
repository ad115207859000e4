import asyncHooks from "node:async_hooks";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { SourceTextModule, SyntheticModule } from "node:vm";
import { build } from "esbuild";
import { ownUrl } from "../local/build/own-url.mjs";

const require = createRequire(import.meta.url);
const circus = require("jest-circus/runner").default;
const own = require("../package.json");
const root = fileURLToPath(new URL("../", import.meta.url));

/**
 * Runs a test file with Jest's own runner, but outside Jest's sandbox. There, each file would load every package anew,
 * Jest's own among them, and V8 would compile it anew. Here, the files of a process share the packages, and each has the
 * repository's modules for itself, in one bundle.
 */
export default async function run(globalConfig, config, environment, runtime, testPath, sendMessageToJest) {
  const program = join(process.env.TEST_BUNDLES, "files", `${relative(root, testPath)}.mjs`);
  runtime.getSourceMaps().set(program, `${program}.map`);
  runtime.requireInternalModule = loadFramework;
  runtime.unstable_importModule = async () =>
    evaluate(await bundle(testPath, program), program, runtime.jestGlobals.cjsGlobals(testPath));
  return circus(globalConfig, config, environment, runtime, testPath, sendMessageToJest);
}

/**
 * What declares and runs tests; it keeps those of the last file otherwise. It runs each test in an `AsyncLocalStorage`, with
 * which Node.js calls hooks at every promise and request of the process, and needs it for concurrent tests only.
 */
function loadFramework(path) {
  delete require.cache[path];
  delete globalThis[Symbol.for("EVENT_HANDLERS")];
  const { AsyncLocalStorage } = asyncHooks;
  asyncHooks.AsyncLocalStorage = OneAtATime;
  try {
    return require(path);
  } finally {
    asyncHooks.AsyncLocalStorage = AsyncLocalStorage;
  }
}

/** Holds what runs, if nothing runs beside it. */
class OneAtATime {
  #store;

  getStore() {
    return this.#store;
  }

  async run(store, callback) {
    const outer = this.#store;
    this.#store = store;
    try {
      return await callback();
    } finally {
      this.#store = outer;
    }
  }
}

/** Returns the code, and writes the source map, which Jest reads when it prints a stack. */
async function bundle(testPath, program) {
  const { outputFiles } = await build({
    entryPoints: [testPath],
    outfile: program,
    bundle: true,
    packages: "external",
    // Otherwise it would be one, by its name in package.json.
    alias: { [own.name]: join(root, own.exports["."]) },
    format: "esm",
    platform: "node",
    // The first version that knows the attributes of imports, which JSON needs.
    target: "node20.10",
    sourcemap: "external",
    sourcesContent: false,
    plugins: [ownUrl],
    write: false,
    logLevel: "silent",
  });
  const [map, code] = outputFiles;
  await mkdir(dirname(program), { recursive: true });
  await writeFile(map.path, map.text);
  return code.text;
}

/** Evaluates a module that is freed with its test file; what `import()` loads stays for as long as the process. */
async function evaluate(code, identifier, globals) {
  const link = (specifier, attributes) =>
    specifier === "@jest/globals" ? synthetic(globals) : sharedModule(specifier, attributes);
  const module = new SourceTextModule(code, {
    identifier,
    importModuleDynamically: (specifier, _script, attributes) => link(specifier, attributes),
  });
  await module.link((specifier, _from, { attributes }) => link(specifier, attributes));
  await module.evaluate();
}

/** By specifier. */
const sharedModules = new Map();

/** A package, or a module of Node.js. */
function sharedModule(specifier, attributes) {
  const known = sharedModules.get(specifier);
  if (known) return known;
  const module = import(specifier, { with: attributes }).then(synthetic);
  sharedModules.set(specifier, module);
  return module;
}

async function synthetic(exports) {
  const module = new SyntheticModule(Object.keys(exports), () => {
    for (const [name, value] of Object.entries(exports)) module.setExport(name, value);
  });
  // Newer versions of Node.js have linked it already.
  if (module.status === "unlinked") await module.link(() => {});
  await module.evaluate();
  return module;
}
