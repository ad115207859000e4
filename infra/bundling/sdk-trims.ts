import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Removes the parts of the AWS SDK and Powertools that a Lambda never uses, more than a third of the bundles' bytes. If a
 * file is renamed, its trim does nothing; `test/infra/bundle.test.ts` notices that.
 */

interface Trim {
  /** The module of the SDK that is replaced. */
  file: RegExp;
  /** Returns the replacement for the module's text. */
  replacement: (text: string) => string;
}

const trims: Trim[] = [
  {
    // The default chain includes clients for STS, SSO and sign-in, ini files, processes and the EC2 metadata
    // service. Lambda puts the role's credentials into the environment, and so does the local system:
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    file: /@aws-sdk[\\/]credential-provider-node[\\/]dist-es[\\/]index\.js$/,
    replacement: () => `export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";`,
  },
  {
    // Needed only for operations that stream events. The services that we use have none.
    file: /@smithy[\\/]core[\\/]dist-es[\\/]submodules[\\/]event-streams[\\/]index\.js$/,
    replacement: () => absent("EventStreamSerde", "eventStreamSerdeProvider"),
  },
  {
    // Signs the messages of such streams.
    file: /@smithy[\\/]signature-v4[\\/]dist-es[\\/]HeaderFormatter\.js$/,
    replacement: () => "export class HeaderFormatter {}",
  },
  {
    // Needed only in a Node.js without `node:crypto`.
    file: /@smithy[\\/]core[\\/]dist-es[\\/]submodules[\\/]checksum[\\/]sha256[\\/]Sha256Js\.js$/,
    replacement: () => absent("Sha256Js"),
  },
  {
    // Needed only for AWS_RETRY_MODE=adaptive, which no Lambda here sets.
    file: /@smithy[\\/]core[\\/]dist-es[\\/]submodules[\\/]retry[\\/]util-retry[\\/]AdaptiveRetryStrategy\.js$/,
    replacement: () => absent("AdaptiveRetryStrategy"),
  },
  {
    // Asks the EC2 metadata service, but Lambda sets AWS_REGION.
    file: /@smithy[\\/]core[\\/]dist-es[\\/]submodules[\\/]config[\\/].*[\\/]getInstanceMetadataRegion\.js$/,
    replacement: () => absent("getInstanceMetadataRegion"),
  },
  {
    // Reads ~/.aws. A Lambda has no such files, and the local system must not use a laptop's.
    file: /@smithy[\\/]core[\\/]dist-es[\\/].*[\\/]shared-ini-file-loader[\\/]loadSharedConfigFiles\.js$/,
    replacement: () =>
      [
        `export { CONFIG_PREFIX_SEPARATOR } from "./constants";`,
        "export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });",
      ].join("\n"),
  },
  {
    // Needed only for a few services, such as Timestream, whose clients discover their endpoints first.
    file: /@aws-sdk[\\/]middleware-endpoint-discovery[\\/]dist-es[\\/]resolveEndpointDiscoveryConfig\.js$/,
    replacement: () => "export const resolveEndpointDiscoveryConfig = (input) => input;",
  },
  {
    // Applies the `extensions` of a client's configuration, which no client here has.
    file: /@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]runtimeExtensions\.js$/,
    replacement: () => "export const resolveRuntimeExtensions = (runtimeConfig) => runtimeConfig;",
  },
  {
    // Needed only for S3 clients.
    file: /@smithy[\\/]core[\\/]dist-es[\\/].*[\\/]service-customizations[\\/]index\.js$/,
    replacement: () => absent("resolveParamsForS3"),
  },
  {
    // Nothing here uses its paginators. The package doesn't say that its modules have no side effects, so esbuild keeps them.
    file: /@aws-sdk[\\/]lib-dynamodb[\\/]dist-es[\\/]pagination[\\/]index\.js$/,
    replacement: () => "",
  },
  {
    // Without its error classes, the SDK throws its base exception with the same name.
    file: /@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/,
    replacement: withoutErrorClasses,
  },
  {
    // The regions by name. Each partition also has a pattern, which matches all of its regions except the global ones.
    file: /@aws-sdk[\\/]core[\\/]dist-es[\\/].*[\\/]partitions\.js$/,
    replacement: (text) => text.replace(/"[a-z]+(?:-[a-z]+)+-\d+": \{\s*"description": "[^"]*"\s*\},?/g, ""),
  },
  {
    // Powertools' buffer for log lines, which no Lambda here turns on.
    file: /@aws-lambda-powertools[\\/]logger[\\/]lib[\\/]esm[\\/]logBuffer\.js$/,
    replacement: () => absent("CircularMap"),
  },
  {
    // A client needs only the version from its package.json, for the User-Agent.
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
        // Resolve from the replaced module's folder, because its package has the dependencies that the replacement
        // imports.
        resolveDir: dirname(path),
        loader: "js",
      }));
    }
  },
};

/** Replaces functions and classes that are never called. */
function absent(...names: string[]): string {
  return names
    .map((name) => `export function ${name}() { throw new Error("${name} is not in this bundle"); }`)
    .join("\n");
}

/** Also replaces computed keys by plain ones, because esbuild keeps every object that has one, even if it is unused. */
function withoutErrorClasses(schemas: string): string {
  const constants = schemas.matchAll(/^const (\w+) = ("[^"]*");$/gm);
  const values = new Map([...constants].map(([, name, value]) => [name, value]));
  return schemas
    .replace(/^n0_registry\.registerError\(.*$/gm, "")
    .replace(/\[(\w+)\]:/g, (key, name) => (values.has(name) ? `${values.get(name)}:` : key));
}
