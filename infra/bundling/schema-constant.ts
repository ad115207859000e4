import type { Plugin } from "esbuild";
import { repoConfigSchema } from "../../lambdas/config/json-schema.js";

/**
 * Makes the JSON Schema while bundling: the webhook's bundle gets the outcome and not what it is made with, which
 * is an eighth of its bytes and would be loaded at each cold start. Only its `$id` is put in at run time.
 */
export const schemaConstant: Plugin = {
  name: "schema-constant",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]lambdas[\\/]config[\\/]json-schema\.ts$/ }, () => ({
      contents: [
        `const schema = ${JSON.stringify(repoConfigSchema(""))};`,
        "export const repoConfigSchema = ($id) => ({ ...schema, $id });",
      ].join("\n"),
      loader: "js",
    }));
  },
};
