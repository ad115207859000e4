import { GetSecretValueCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import type { Deployment } from "../deployment/deployment.js";
import { CommandError } from "../frame/exit.js";
import { secretsManager } from "./clients.js";

/** The stack's outputs that hold the ARNs of its secrets. */
export type SecretOutput = "WebhookSecretArn" | "GitHubAppSecretArn" | "CoderTokenSecretArn";

export async function readSecret(deployment: Deployment, output: SecretOutput): Promise<string> {
  const SecretId = arnOf(deployment, output);
  return (await secretsManager.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? "";
}

export async function writeSecret(
  deployment: Deployment,
  output: SecretOutput,
  value: string,
): Promise<void> {
  const SecretId = arnOf(deployment, output);
  await secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: value }));
}

function arnOf({ outputs, title }: Deployment, output: SecretOutput): string {
  const arn = outputs[output];
  if (arn) return arn;
  throw new CommandError(
    "unreachable",
    `The outputs of ${title} lack ${output}: deploy it again with npm run deploy.`,
  );
}
