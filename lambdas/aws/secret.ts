import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { askAws } from "./ask.js";

const lifetimeMs = 5 * 60_000;
const pauseMs = 60_000;

/** Even if connection and request hang, GitHub gets its answer within the ten seconds that it waits. */
const client = new SecretsManagerClient({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 500, requestTimeout: 1500, throwOnRequestTimeout: true },
});

/** Secrets Manager's names for the value in force and the one before the last rotation. */
export type Stage = "AWSCURRENT" | "AWSPREVIOUS";

/**
 * One secret, kept in the container for five minutes, so that a rotation needs no restart. The stages are read
 * together; a stage that does not exist is left out. Passing trouble is thrown as a `TransientError`.
 */
export class Secret {
  #values: string[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  #rereadAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<string[]> | undefined;
  /** When the value in force was put, in milliseconds since the epoch; undefined before it was read. */
  rotatedAt: number | undefined;

  constructor(
    private readonly arn: string,
    private readonly stages: readonly Stage[] = ["AWSCURRENT"],
    private readonly now: () => number = Date.now,
  ) {}

  /** The values, in the order of the stages. While Secrets Manager fails, the last known ones stay in use. */
  async values(): Promise<readonly string[]> {
    if (this.now() - this.#readAt < lifetimeMs) return this.#values;
    return this.#read();
  }

  /** The value in force. */
  async value(): Promise<string> {
    const [current] = await this.values();
    if (current === undefined) throw new Error(`The secret ${this.arn} has no value.`);
    return current;
  }

  /**
   * The values, read again in case they were rotated; `undefined` if this was done less than a minute ago, so that
   * requests with bad signatures cannot run up calls.
   */
  async reread(): Promise<readonly string[] | undefined> {
    // One reading serves all requests that wait for it.
    if (this.#reading) return this.#read();
    if (this.now() - this.#rereadAt < pauseMs) return undefined;
    this.#rereadAt = this.now();
    return this.#read();
  }

  /** A service has refused the value: the next use reads it again, so that a redrive finds the corrected one. */
  expire(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  async #read(): Promise<string[]> {
    this.#reading ??= this.#fetch().finally(() => {
      this.#reading = undefined;
    });
    try {
      this.#values = await this.#reading;
      this.#readAt = this.now();
    } catch (error) {
      if (this.#values.length === 0) throw error;
      // Not at once again: stale values serve until the next minute's try.
      this.#readAt = this.now() - lifetimeMs + pauseMs;
    }
    return this.#values;
  }

  async #fetch(): Promise<string[]> {
    const values = await Promise.all(this.stages.map((stage) => this.#get(stage)));
    return values.filter((value) => value !== undefined);
  }

  async #get(stage: Stage): Promise<string | undefined> {
    try {
      const command = new GetSecretValueCommand({ SecretId: this.arn, VersionStage: stage });
      const { SecretString, CreatedDate } = await askAws(
        { service: "Secrets Manager", operation: "GetSecretValue" },
        (options) => client.send(command, options),
      );
      if (stage === "AWSCURRENT") this.rotatedAt = CreatedDate?.getTime();
      // Put from a file, a value often ends in a line break.
      return SecretString?.trim();
    } catch (error) {
      // A secret that was never rotated has no previous value.
      const isMissing = error instanceof Error && error.name === "ResourceNotFoundException";
      if (isMissing && stage === "AWSPREVIOUS") return undefined;
      throw error;
    }
  }
}
