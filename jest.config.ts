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
  // More than there are cores, because the tests of the whole system spend most of their time waiting.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  // Tests wait for conditions, so this only ends a test that waits in vain, even on a slow machine.
  testTimeout: 300_000,
  // Node.js stops the Lambdas' threads first. On a busy machine, that takes longer than Jest's default of half a second.
  workerGracefulExitTimeout: 30_000,
};

export default config;
