import { createHash } from "node:crypto";
import { AwsError } from "../protocol/aws-json.js";
import { region } from "../protocol/signature.js";

/** A string, or bytes in base64. */
export type SecretValue = { SecretString: string } | { SecretBinary: string };

export interface SecretVersion {
  id: string;
  value: SecretValue;
  created: Date;
  lastAccessed: Date | undefined;
}

/** A secret as JSON. */
export interface StoredSecret {
  created: string;
  changed: string;
  versions: { id: string; value: SecretValue; created: string }[];
  labels: [label: string, versionId: string][];
}

const current = "AWSCURRENT";
const previous = "AWSPREVIOUS";

/** The number of versions that Secrets Manager keeps; it drops the oldest ones without a staging label. */
const keptVersions = 100;

/**
 * One secret: its versions and their staging labels.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
 */
export class Secret {
  readonly name: string;
  readonly arn: string;
  readonly created: Date;
  changed: Date;
  lastAccessed: Date | undefined;
  /** By id, the oldest first. */
  readonly #versions = new Map<string, SecretVersion>();
  /** Version ids by staging label. */
  readonly #labels: Map<string, string>;

  /** @param stored the result of `toJSON` in a former process. */
  constructor(name: string, stored?: StoredSecret) {
    this.name = name;
    this.created = stored ? new Date(stored.created) : new Date();
    this.changed = stored ? new Date(stored.changed) : this.created;
    this.#labels = new Map(stored?.labels);
    for (const { id, value, created } of stored?.versions ?? []) {
      this.#versions.set(id, { id, value, created: new Date(created), lastAccessed: undefined });
    }
    // Secrets Manager appends six random characters to an ARN; here they are derived from the name.
    const end = createHash("sha256").update(name).digest("hex").slice(0, 6);
    this.arn = `arn:aws:secretsmanager:${region}:000000000000:secret:${name}-${end}`;
  }

  /** The secret as JSON, without the time of the last access. */
  toJSON(): StoredSecret {
    return {
      created: this.created.toISOString(),
      changed: this.changed.toISOString(),
      versions: this.versions().map(({ id, value, created }) => ({
        id,
        value,
        created: created.toISOString(),
      })),
      labels: [...this.#labels],
    };
  }

  /** Matches a name, an ARN, or an ARN without its random suffix, which Secrets Manager also accepts. */
  isNamed(id: string): boolean {
    return id === this.name || id === this.arn || id === this.arn.slice(0, -"-AbCdEf".length);
  }

  versions(): SecretVersion[] {
    return [...this.#versions.values()];
  }

  stagesOf(versionId: string): string[] {
    return [...this.#labels].filter(([, id]) => id === versionId).map(([label]) => label);
  }

  /** The version with this id, this staging label, or both. Throws if it doesn't exist. */
  find(id: string | undefined, stage: string | undefined): SecretVersion {
    const wanted = id ?? this.#labels.get(stage ?? current);
    const version = wanted === undefined ? undefined : this.#versions.get(wanted);
    if (!version) {
      const what = id === undefined ? `staging label: ${stage ?? current}` : `VersionId: ${id}`;
      throw notFound(`Secrets Manager can't find the specified secret value for ${what}`);
    }
    if (id !== undefined && stage !== undefined && this.#labels.get(stage) !== id) {
      throw new AwsError(
        "InvalidRequestException",
        "You provided a VersionStage that is not associated to the provided VersionId.",
      );
    }
    return version;
  }

  /** Adds a version, or does nothing if it exists with the same value. The first version is always the current one. */
  put(id: string, value: SecretValue, stages: string[] = [current]): void {
    const present = this.#versions.get(id);
    if (present) {
      if (JSON.stringify(present.value) === JSON.stringify(value)) return;
      throw new AwsError(
        "ResourceExistsException",
        `A version with the ClientRequestToken ${id} already exists with another value; a version can't be modified.`,
      );
    }
    const isFirst = this.#versions.size === 0;
    this.changed = new Date();
    this.#versions.set(id, { id, value, created: this.changed, lastAccessed: undefined });
    for (const stage of isFirst ? new Set([...stages, current]) : stages) this.#move(stage, id);
    this.#forget();
  }

  /** Moves a staging label from one version to another, adds it, or removes it. */
  updateStage(stage: string, from: string | undefined, to: string | undefined): void {
    for (const id of [from, to]) {
      if (id !== undefined && !this.#versions.has(id)) {
        throw notFound(`Secrets Manager can't find the specified secret value for VersionId: ${id}`);
      }
    }
    const holder = this.#labels.get(stage);
    if (to === undefined && from === undefined) {
      throw invalidParameter("You must specify RemoveFromVersionId, MoveToVersionId, or both.");
    }
    if (to === undefined && stage === current) {
      throw invalidParameter(
        `You can only move staging label ${current} to a different secret version. It can’t be completely removed.`,
      );
    }
    if (holder !== to && from === undefined && holder !== undefined) {
      throw invalidParameter(
        `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
      );
    }
    if (from !== undefined && from !== holder) {
      throw invalidParameter(
        `When you move staging label ${stage}, if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label ${stage}.`,
      );
    }
    this.changed = new Date();
    if (to === undefined) this.#labels.delete(stage);
    else this.#move(stage, to);
  }

  /** The version that loses AWSCURRENT becomes AWSPREVIOUS. */
  #move(stage: string, to: string): void {
    const holder = this.#labels.get(stage);
    if (holder === to) return;
    this.#labels.set(stage, to);
    if (stage === current && holder !== undefined) this.#labels.set(previous, holder);
  }

  #forget(): void {
    const deprecated = this.versions().filter(({ id }) => this.stagesOf(id).length === 0);
    for (const { id } of deprecated.slice(0, Math.max(0, this.#versions.size - keptVersions))) {
      this.#versions.delete(id);
    }
  }
}

function notFound(message: string): AwsError {
  return new AwsError("ResourceNotFoundException", message);
}

function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}
