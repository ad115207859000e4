import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { TestEnvironment } from "jest-environment-node";

/**
 * Lets tests load the local system once for all files of a test process: Jest gives each file modules of its own, which
 * would be loaded, and compiled by V8 while they run, for each file again. So that the Lambdas' threads also go on to
 * the next file's systems.
 */
export default class Environment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.loadLocalSystem = () =>
      import(pathToFileURL(join(process.env.TEST_BUNDLES, "local/system/system.mjs")).href);
  }
}
