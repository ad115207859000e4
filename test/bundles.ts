import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ActionName, actionNames } from "../infra/actions.js";

/** Where the tests' bundles are; `npm run build` has a folder of its own. */
export const bundleFolder = fileURLToPath(new URL("../dist/test-lambdas", import.meta.url));

export const bundles = Object.fromEntries(
  actionNames.map((name) => [name, join(bundleFolder, name, "index.mjs")]),
) as Record<ActionName, string>;
