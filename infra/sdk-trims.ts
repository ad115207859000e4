import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Leaves out of the bundles what the AWS SDK carries for other surroundings than a Lambda: more than a third
 * of their bytes. A trim whose file the SDK has renamed does nothing; `test/infra/bundle.test.ts` notices.
 */

interface Trim {
  /** The module of the SDK that is replaced. */
  file: RegExp;
  /** What stands there instead, given the module's text. */
  replacement: (text: string) => string;
}

const trims: Trim[] = [
  {
    // The default chain brings clients for STS, SSO and sign-in, ini files, processes and the EC2 metadata
    // service. Lambda puts the role's credentials into the environment, and so does the local system:
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    file: /@aws-sdk[\\/]credential-provider-node[\\/]dist-es[\\/]index\.js$/,
    replacement: () => `export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";`,
  },
  {
    // Loaded only for operations that stream events; none of the services that are used here has any.
    file: /@smithy[\\/]core[\\/]dist-es[\\/]submodules[\\/]event-streams[\\/]index\.js$/,
    replacement: () =>
      ["EventStreamSerde", "eventStreamSerdeProvider"]
        .map(
          (name) => `export function ${name}() { throw new Error("Event streams are not in this bundle"); }`,
        )
        .join("\n"),
  },
  {
    // A client wants only its own version out of its package.json, for the User-Agent.
    file: /@aws-sdk[\\/][^\\/]+[\\/]package\.json$/,
    replacement: (text) => `export default { version: ${JSON.stringify(JSON.parse(text).version)} };`,
  },
];

export const sdkTrims: Plugin = {
  name: "sdk-trims",
  setup({ onLoad }) {
    for (const { file, replacement } of trims) {
      onLoad({ filter: file }, async ({ path }) => ({
        contents: replacement(await readFile(path, "utf8")),
        // Resolved from the replaced module's place: its package depends on what the replacement imports.
        resolveDir: dirname(path),
        loader: "js",
      }));
    }
  },
};
