import { brotliCompressSync } from "node:zlib";
import type { Plugin } from "esbuild";
import { repoConfigSchema } from "../../lambdas/config/json-schema.js";

/**
 * Generates the JSON Schema at build time. The webhook's bundle contains the compressed result instead of the generator,
 * which would be an eighth of the bytes to load at each cold start. Only the schema's `$id` is set at run time.
 */
export const schemaConstant: Plugin = {
  name: "schema-constant",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]lambdas[\\/]config[\\/]json-schema\.ts$/ }, () => ({
      contents: [
        `import { brotliDecompressSync } from "node:zlib";`,
        `const compressed = "${brotliCompressSync(JSON.stringify(repoConfigSchema(""))).toString("base64")}";`,
        `const schema = () => JSON.parse(brotliDecompressSync(Buffer.from(compressed, "base64")).toString());`,
        "export const repoConfigSchema = ($id) => ({ ...schema(), $id });",
      ].join("\n"),
      loader: "js",
    }));
  },
};
