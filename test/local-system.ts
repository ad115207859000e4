import type * as system from "../local/system/system.js";

declare global {
  /** From `environment.mjs`. */
  var loadLocalSystem: () => Promise<typeof system>;
}

/** `local/system/system.ts`, compiled by the global set-up and loaded once for each test process. */
export const { flowArn, flowOf, startSystem } = await globalThis.loadLocalSystem();
