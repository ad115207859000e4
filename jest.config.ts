/** @jest-config-loader esbuild-register */
import { availableParallelism } from "node:os";
import type { Config } from "jest";

const config: Config = {
  testEnvironment: "<rootDir>/test/environment.mjs",
  extensionsToTreatAsEsm: [".ts"],
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  globalSetup: "<rootDir>/test/global-setup.mjs",
  globalTeardown: "<rootDir>/test/global-teardown.mjs",
  testSequencer: "<rootDir>/test/sequencer.mjs",
  reporters: ["default", "<rootDir>/jest.reporter.mjs"],
  transform: {},
  testRunner: "<rootDir>/test/runner.mjs",
  // One more than there are cores: the tests of the whole system wait for the better part of their time.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  // Tests wait for conditions; this only ends one that waits in vain, on a slow machine too.
  testTimeout: 300_000,
  // Node.js stops the Lambdas' threads first, which takes longer than Jest's half a second on a busy machine.
  workerGracefulExitTimeout: 30_000,
};

export default config;
