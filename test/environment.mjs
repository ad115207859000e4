import { AsyncLocalStorage } from "node:async_hooks";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ModernFakeTimers } from "@jest/fake-timers";
import { TestEnvironment } from "jest-environment-node";
import { ModuleMocker } from "jest-mock";

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
 * The environment of test files, which `runner.mjs` loads outside Jest's sandbox. Undoes what a file has changed in the
 * process: mocks, fake timers, clocks, environment variables, the console.
 *
 * Lets the files of a test process share one copy of the local system, so that the next file's systems can reuse the
 * Lambdas' threads.
 *
 * Disables the stores of asynchronous contexts after each file. Node.js carries every store that was ever used from promise
 * to promise for as long as the process runs, and each file's modules create their own.
 */
export default class Environment extends TestEnvironment {
  #console = globalThis.console;
  #variables = { ...process.env };
  #clocks = [Date.now, performance.now];

  constructor(config, context) {
    super(config, context);
    // The runtime takes these before `setup`.
    this.moduleMocker = new ModuleMocker(globalThis);
    this.fakeTimersModern = new ModernFakeTimers({ config: config.projectConfig, global: globalThis });
  }

  async setup() {
    await super.setup();
    globalThis.console = this.global.console;
    globalThis.loadLocalSystem = () =>
      import(pathToFileURL(join(process.env.TEST_BUNDLES, "local/system/system.mjs")).href);
  }

  async teardown() {
    this.moduleMocker.restoreAllMocks();
    globalThis.console = this.#console;
    [Date.now, performance.now] = this.#clocks;
    for (const name of Object.keys(process.env)) if (!(name in this.#variables)) delete process.env[name];
    Object.assign(process.env, this.#variables);
    for (const store of used) store.disable();
    used.clear();
    await super.teardown();
  }
}
