import { AsyncLocalStorage } from "node:async_hooks";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { TestEnvironment } from "jest-environment-node";

/** The stores that a test file has used. */
const used = new Set();
for (const name of ["run", "enterWith"]) {
  const method = AsyncLocalStorage.prototype[name];
  AsyncLocalStorage.prototype[name] = function (...args) {
    used.add(this);
    return method.apply(this, args);
  };
}

/**
 * Lets tests load the local system once for all files of a test process: Jest gives each file modules of its own, which
 * would be loaded, and compiled by V8 while they run, for each file again. So that the Lambdas' threads also go on to
 * the next file's systems.
 *
 * Disables the stores of asynchronous contexts after each file: Node.js keeps one that was used once, and carries it from
 * promise to promise for as long as the process runs, and each file's modules make their own.
 */
export default class Environment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.loadLocalSystem = () =>
      import(pathToFileURL(join(process.env.TEST_BUNDLES, "local/system/system.mjs")).href);
  }

  async teardown() {
    for (const store of used) store.disable();
    used.clear();
    await super.teardown();
  }
}
