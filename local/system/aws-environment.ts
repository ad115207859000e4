import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { region } from "../aws/protocol/signature.js";
import type { LocalSystem } from "./system.js";

/** Local values for outputs of the deployed stack, for the commands in docs/deploy.md. */
export const outputs = (system: LocalSystem): Record<string, string> => ({
  WebhookUrl: system.webhookUrl,
  WebhookSecretArn: "webhook",
  GitHubAppSecretArn: "githubApp",
  CoderTokenSecretArn: "coderToken",
});

/**
 * Writes a shell file that only this user can read. After sourcing it, the `aws` CLI and every AWS SDK talk to the
 * system with its credentials, and the shell function `output` prints the stack outputs that docs/deploy.md uses.
 */
export function writeAwsEnvironment(system: LocalSystem): { path: string; remove: () => void } {
  const { accessKeyId, secretAccessKey } = system.credentials;
  const variables = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL_SFN: system.stepFunctions.url,
    AWS_ENDPOINT_URL_SCHEDULER: system.scheduler.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: system.secretsManager.url,
    AWS_ENDPOINT_URL_DYNAMODB: system.dynamoDb.url,
  };
  const lines = [
    "# These would take precedence over the credentials and endpoints below.",
    "unset AWS_PROFILE AWS_SESSION_TOKEN AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    ...Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`),
    "output() {",
    '  case "$1" in',
    ...Object.entries(outputs(system)).map(([name, value]) => `    ${name}) echo '${value}' ;;`),
    '    *) echo "the local system has no output $1" >&2; return 1 ;;',
    "  esac",
    "}",
  ];
  const folder = mkdtempSync(join(tmpdir(), "coder-task-relay-"));
  const path = join(folder, "aws.env");
  writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o600 });
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
