import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Section } from "../../state/section.js";
import { AwsError, epochSeconds, serveAwsJson } from "../protocol/aws-json.js";
import { Endpoint } from "../protocol/endpoint.js";
import { page } from "../protocol/page.js";
import { type Credentials, exampleCredentials } from "../protocol/signature.js";
import { Secret, type SecretValue, type SecretVersion, type StoredSecret } from "./secret.js";

const SecretId = z.string().min(1).max(2048);
const VersionId = z.string().min(32).max(64);
const Stage = z.string().min(1).max(256);
const SecretInput = z.object({ SecretId });
const GetSecretValueInput = SecretInput.extend({
  VersionId: VersionId.optional(),
  VersionStage: Stage.optional(),
});
const PutSecretValueInput = SecretInput.extend({
  ClientRequestToken: VersionId.optional(),
  SecretString: z.string().min(1).max(65_536).optional(),
  SecretBinary: z.base64().min(1).optional(),
  VersionStages: z.array(Stage).min(1).max(20).optional(),
});
const UpdateSecretVersionStageInput = SecretInput.extend({
  VersionStage: Stage,
  RemoveFromVersionId: VersionId.optional(),
  MoveToVersionId: VersionId.optional(),
});
const pageInput = {
  MaxResults: z.number().int().min(1).max(100).default(100),
  NextToken: z.string().min(1).max(4096).optional(),
};
const ListSecretVersionIdsInput = SecretInput.extend({
  IncludeDeprecated: z.boolean().default(false),
  ...pageInput,
});
const ListSecretsInput = z.object({
  SortOrder: z.enum(["asc", "desc"]).default("desc"),
  Filters: z
    .array(
      z.object({
        Key: z.enum(["name", "all"], { error: "the local endpoint filters only by name and all" }),
        Values: z.array(z.string().min(1).max(512)).min(1).max(10),
      }),
    )
    .max(10)
    .default([]),
  ...pageInput,
});

/**
 * A local AWS Secrets Manager with the operations that Lambdas and operators use to read and rotate secrets.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
 */
export class SecretsManager extends Endpoint {
  readonly #secrets = new Map<string, Secret>();
  readonly #kept: Section | undefined;

  /**
   * @param credentials requests that are not signed with them are refused.
   * @param kept keeps the secrets. Default: they are in memory only.
   */
  constructor(credentials: Credentials = exampleCredentials, kept?: Section) {
    super();
    this.#kept = kept;
    for (const [name, stored] of kept?.entries ?? []) {
      this.#secrets.set(name, new Secret(name, stored as StoredSecret));
    }
    serveAwsJson(this.server, {
      target: "secretsmanager",
      version: "1.1",
      signingName: "secretsmanager",
      credentials,
      messageMember: "Message",
      operations: {
        GetSecretValue: (input) => this.#getSecretValue(GetSecretValueInput.parse(input)),
        PutSecretValue: (input) => this.#putSecretValue(PutSecretValueInput.parse(input)),
        UpdateSecretVersionStage: (input) => this.#updateStage(UpdateSecretVersionStageInput.parse(input)),
        DescribeSecret: (input) => describeSecret(this.#find(SecretInput.parse(input))),
        ListSecretVersionIds: (input) => this.#listVersionIds(ListSecretVersionIdsInput.parse(input)),
        ListSecrets: (input) => this.#listSecrets(ListSecretsInput.parse(input)),
      },
    });
  }

  /** Creates a secret, or rotates it: the current value becomes `AWSPREVIOUS`. Returns the secret's ARN. */
  put(name: string, value: string): string {
    let secret = this.#secrets.get(name);
    if (!secret) {
      secret = new Secret(name);
      this.#secrets.set(name, secret);
    }
    secret.put(randomUUID(), { SecretString: value });
    this.#keep(secret);
    return secret.arn;
  }

  /** Whether a secret has a value, or this value. */
  has(name: string, value?: string): boolean {
    const secret = this.#secrets.get(name);
    if (!secret || value === undefined) return secret !== undefined;
    const current = secret.find(undefined, undefined).value;
    return "SecretString" in current && current.SecretString === value;
  }

  #getSecretValue({ SecretId, VersionId, VersionStage }: z.infer<typeof GetSecretValueInput>): object {
    const secret = this.#find({ SecretId });
    const version = secret.find(VersionId, VersionStage);
    secret.lastAccessed = version.lastAccessed = startOfDay(new Date());
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      ...version.value,
      ...stagesOf(secret, version.id),
      CreatedDate: epochSeconds(version.created),
    };
  }

  #putSecretValue(input: z.infer<typeof PutSecretValueInput>): object {
    const { ClientRequestToken: id, VersionStages } = input;
    const secret = this.#find(input);
    // SDKs and the `aws` CLI generate a token.
    if (id === undefined) {
      const message = "You must provide a ClientRequestToken value. We recommend a UUID-type value.";
      throw new AwsError("InvalidRequestException", message);
    }
    secret.put(id, secretValue(input), VersionStages);
    this.#keep(secret);
    return { ARN: secret.arn, Name: secret.name, VersionId: id, ...stagesOf(secret, id) };
  }

  #updateStage(input: z.infer<typeof UpdateSecretVersionStageInput>): object {
    const secret = this.#find(input);
    secret.updateStage(input.VersionStage, input.RemoveFromVersionId, input.MoveToVersionId);
    this.#keep(secret);
    return { ARN: secret.arn, Name: secret.name };
  }

  #listVersionIds(input: z.infer<typeof ListSecretVersionIdsInput>): object {
    const secret = this.#find(input);
    const fits = ({ id }: SecretVersion) => input.IncludeDeprecated || secret.stagesOf(id).length > 0;
    const { items, next } = page(secret.versions(), ({ id }) => id, {
      size: input.MaxResults,
      token: input.NextToken,
      fits,
      invalidToken: "InvalidNextTokenException",
    });
    const versions = items.map(({ id, created, lastAccessed }) => ({
      VersionId: id,
      ...stagesOf(secret, id),
      CreatedDate: epochSeconds(created),
      ...(lastAccessed && { LastAccessedDate: epochSeconds(lastAccessed) }),
    }));
    return { ARN: secret.arn, Name: secret.name, Versions: versions, ...(next && { NextToken: next }) };
  }

  #listSecrets({ SortOrder, Filters, ...input }: z.infer<typeof ListSecretsInput>): object {
    const all = [...this.#secrets.values()];
    const fits = ({ name }: Secret) =>
      Filters.every(({ Values }) => Values.some((value) => fitsName(name, value)));
    const { items, next } = page(SortOrder === "asc" ? all : all.reverse(), ({ name }) => name, {
      size: input.MaxResults,
      token: input.NextToken,
      fits,
      invalidToken: "InvalidNextTokenException",
    });
    const list = items.map((secret) => {
      const { VersionIdsToStages, ...rest } = describeSecret(secret);
      return { ...rest, SecretVersionsToStages: VersionIdsToStages };
    });
    return { SecretList: list, ...(next && { NextToken: next }) };
  }

  #keep(secret: Secret): void {
    this.#kept?.put(secret.name, secret);
  }

  #find({ SecretId }: { SecretId: string }): Secret {
    const secret =
      this.#secrets.get(SecretId) ?? [...this.#secrets.values()].find((each) => each.isNamed(SecretId));
    if (secret) return secret;
    throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  }
}

function secretValue({ SecretString, SecretBinary }: z.infer<typeof PutSecretValueInput>): SecretValue {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw new AwsError(
      "InvalidParameterException",
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (SecretString !== undefined) return { SecretString };
  if (SecretBinary !== undefined) return { SecretBinary };
  throw new AwsError("InvalidRequestException", "You must provide either SecretString or SecretBinary.");
}

/** A version without staging labels has no `VersionStages` member. */
function stagesOf(secret: Secret, id: string): { VersionStages?: string[] } {
  const stages = secret.stagesOf(id);
  return stages.length === 0 ? {} : { VersionStages: stages };
}

function describeSecret(secret: Secret) {
  const labelled = secret.versions().filter(({ id }) => secret.stagesOf(id).length > 0);
  return {
    ARN: secret.arn,
    Name: secret.name,
    CreatedDate: epochSeconds(secret.created),
    LastChangedDate: epochSeconds(secret.changed),
    ...(secret.lastAccessed && { LastAccessedDate: epochSeconds(secret.lastAccessed) }),
    VersionIdsToStages: Object.fromEntries(labelled.map(({ id }) => [id, secret.stagesOf(id)])),
  };
}

/** A filter's value is a name prefix. A leading `!` negates it. */
function fitsName(name: string, value: string): boolean {
  return value.startsWith("!") ? !name.startsWith(value.slice(1)) : name.startsWith(value);
}

/** Secrets Manager reports access times by the day. */
function startOfDay(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 86_400_000) * 86_400_000);
}
