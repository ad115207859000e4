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
 * Runs a test file with Jest's own runner, but outside Jest's sandbox. In the sandbox, each file would load every package
 * again, including Jest's own, and V8 would compile it again. Here, the files of a process share the packages, and each
 * file has its own copy of the repository's modules, in one bundle.
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
 * Loads a fresh copy of Jest's framework, which would otherwise keep the tests of the last file. It runs each test in an
 * `AsyncLocalStorage`, which makes Node.js call hooks at every promise and request of the process. Only concurrent tests
 * need that, so it gets a simple replacement.
 */
function loadFramework(path) {
  delete require.cache[path];
  delete globalThis[Symbol.for("EVENT_HANDLERS")];
  const original = Object.getOwnPropertyDescriptor(asyncHooks, "AsyncLocalStorage");
  // Newer versions of Node.js have a getter, to which nothing can be assigned.
  Object.defineProperty(asyncHooks, "AsyncLocalStorage", { value: OneAtATime, configurable: true });
  try {
    return require(path);
  } finally {
    Object.defineProperty(asyncHooks, "AsyncLocalStorage", original);
  }
}

/** An `AsyncLocalStorage` for code of which only one call runs at a time. */
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

/** Returns the bundled code, and writes its source map, which Jest reads when it prints a stack. */
async function bundle(testPath, program) {
  const { outputFiles } = await build({
    entryPoints: [testPath],
    outfile: program,
    bundle: true,
    packages: "external",
    // Otherwise esbuild would take our own package, which package.json names, for an external one.
    alias: { [own.name]: join(root, own.exports["."]) },
    format: "esm",
    platform: "node",
    // The first version with import attributes, which JSON needs.
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

/**
 * Evaluates a module so that it is freed with its test file. A module loaded by `import()` would stay until the process
 * ends.
 */
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
  // Newer versions of Node.js have already linked it.
  if (module.status === "unlinked") await module.link(() => {});
  await module.evaluate();
  return module;
}
