import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import { HttpServer } from "../http-server.js";
import { AwsError, epochSeconds, serveAwsJson } from "./aws-json.js";

interface SecretVersion {
  id: string;
  value: string;
  created: Date;
}

interface Secret {
  arn: string;
  name: string;
  /** Newest first. Only the first two carry a staging label: `AWSCURRENT` and `AWSPREVIOUS`. */
  versions: SecretVersion[];
}

const stages: readonly string[] = ["AWSCURRENT", "AWSPREVIOUS"];

const GetSecretValueInput = z.object({
  SecretId: z.string().min(1),
  VersionId: z.string().optional(),
  VersionStage: z.string().optional(),
});

/**
 * AWS Secrets Manager on one machine, as far as Lambdas read secrets: `GetSecretValue`, by name or ARN.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export class SecretsManager {
  readonly server = new HttpServer();
  readonly #secrets = new Map<string, Secret>();

  constructor() {
    serveAwsJson(this.server, {
      target: "secretsmanager",
      version: "1.1",
      operations: { GetSecretValue: (input) => this.#getSecretValue(GetSecretValueInput.parse(input)) },
    });
  }

  /** For `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
  get url(): string {
    return this.server.url;
  }

  listen(port = 0): Promise<string> {
    return this.server.listen(port);
  }

  close(): Promise<void> {
    return this.server.close();
  }

  /** Creates a secret, or rotates it: the value so far becomes `AWSPREVIOUS`. Returns the secret's ARN. */
  put(name: string, value: string): string {
    let secret = this.#secrets.get(name);
    if (!secret) {
      secret = { arn: secretArn(name), name, versions: [] };
      this.#secrets.set(name, secret);
    }
    secret.versions.unshift({ id: randomUUID(), value, created: new Date() });
    return secret.arn;
  }

  #getSecretValue(input: z.infer<typeof GetSecretValueInput>): object {
    const secret = this.#find(input.SecretId);
    if (!secret) {
      throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    }
    const stage = input.VersionStage ?? "AWSCURRENT";
    const index = input.VersionId
      ? secret.versions.findIndex((version) => version.id === input.VersionId)
      : stages.indexOf(stage);
    const version = secret.versions[index];
    const label = stages[index];
    const stageFits = input.VersionId === undefined || input.VersionStage === undefined || label === stage;
    if (!version || !stageFits) {
      throw new AwsError(
        "ResourceNotFoundException",
        `Secrets Manager can't find the specified secret value for ${input.VersionId ? `VersionId: ${input.VersionId}` : `staging label: ${stage}`}`,
      );
    }
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      SecretString: version.value,
      VersionStages: label ? [label] : [],
      CreatedDate: epochSeconds(version.created),
    };
  }

  /** By name, by ARN, or by an ARN without its random end, which Secrets Manager also takes. */
  #find(id: string): Secret | undefined {
    const byName = this.#secrets.get(id);
    if (byName) return byName;
    for (const secret of this.#secrets.values()) {
      if (secret.arn === id || secret.arn.slice(0, -"-AbCdEf".length) === id) return secret;
    }
    return undefined;
  }
}

/** Secrets Manager puts six random characters at the end of an ARN; here they follow from the name. */
function secretArn(name: string): string {
  const end = createHash("sha256").update(name).digest("hex").slice(0, 6);
  return `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-${end}`;
}
