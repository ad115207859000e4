import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";

/** Step Functions limits the rate of each of these requests for an account; the SDK's adaptive mode keeps below it. */
export const stepFunctions = new SFNClient({ maxAttempts: 8, retryMode: "adaptive" });

export const secretsManager = new SecretsManagerClient({});

/** The current value of a secret, without surrounding blanks; empty if it has none. */
export async function readSecret(SecretId: string | undefined): Promise<string> {
  const { SecretString = "" } = await secretsManager.send(new GetSecretValueCommand({ SecretId }));
  return SecretString.trim();
}
