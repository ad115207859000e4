import { join } from "node:path";
import { type ActionName, actionNames } from "../infra/definition/actions.js";

/** The Lambdas' bundles, which the global set-up built for this run. */
export const bundles = Object.fromEntries(
  actionNames.map((name) => [name, join(process.env.TEST_BUNDLES ?? "", name, "index.mjs")]),
) as Record<ActionName, string>;
