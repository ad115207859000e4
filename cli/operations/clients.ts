import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";

/** Step Functions limits the rate of these requests per account; the SDK's adaptive mode stays below that limit. */
export const stepFunctions = new SFNClient({ maxAttempts: 8, retryMode: "adaptive" });

/** Writes get more attempts, because the value may not exist anywhere else. */
export const secretsManager = new SecretsManagerClient({ maxAttempts: 6 });
