import type { Environment } from "./configuration.js";

/** Where a local system keeps its files. */
export interface StateFolder {
  /** `undefined`: no folder at all. */
  path: string | undefined;
  /** Whether the state is kept there, or in memory only. */
  isKept: boolean;
}

export const defaultFolder = ".relay";

/**
 * The folder of `LOCAL_STATE_DIR`. A fake forgets everything when the process ends, so a kept state would no longer match
 * it. With a fake, the state is therefore kept only if the variable is set.
 */
export function stateFolder({ LOCAL_STATE_DIR, GITHUB_API_URL, CODER_URL }: Environment): StateFolder {
  const path = LOCAL_STATE_DIR ?? defaultFolder;
  if (path === "") return { path: undefined, isKept: false };
  const isReal = Boolean(GITHUB_API_URL && CODER_URL);
  return { path, isKept: LOCAL_STATE_DIR !== undefined || isReal };
}
