import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";

/** Step Functions limits the rate of each of these requests for an account; the SDK's adaptive mode keeps below it. */
export const stepFunctions = new SFNClient({ maxAttempts: 8, retryMode: "adaptive" });

/** A write is tried this often: what it holds may exist nowhere else. */
export const secretsManager = new SecretsManagerClient({ maxAttempts: 6 });
