import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { askAws } from "./ask.js";

const lifetimeMs = 5 * 60_000;
const pauseMs = 60_000;

/** Even if connection and request hang, we answer GitHub within the ten seconds that it waits. */
const client = new SecretsManagerClient({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 500, requestTimeout: 1500, throwOnRequestTimeout: true },
});

/** Secrets Manager's names for the current value and the one before the last rotation. */
export type Stage = "AWSCURRENT" | "AWSPREVIOUS";

/**
 * One secret, cached in the container for five minutes, so a rotation needs no restart. The stages are read together; a
 * stage that does not exist is left out. Throws a `TransientError` if a retry can help.
 */
export class Secret {
  #values: string[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  #rereadAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<string[]> | undefined;
  /** When the current value was stored, in milliseconds since the epoch; undefined until it is read. */
  rotatedAt: number | undefined;

  constructor(
    private readonly arn: string,
    private readonly stages: readonly Stage[] = ["AWSCURRENT"],
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * The values, in the order of the stages. While Secrets Manager is failing, we continue to use the last known ones.
   */
  async values(): Promise<readonly string[]> {
    if (this.now() - this.#readAt < lifetimeMs) return this.#values;
    return this.#read();
  }

  /** The current value. */
  async value(): Promise<string> {
    const [current] = await this.values();
    if (current === undefined) throw new Error(`The secret ${this.arn} has no value.`);
    return current;
  }

  /**
   * The values, read again in case they were rotated. Returns `undefined` if this was done less than a minute ago:
   * requests with bad signatures must not cause a flood of calls.
   */
  async reread(): Promise<readonly string[] | undefined> {
    // All requests that are waiting share one read.
    if (this.#reading) return this.#read();
    if (this.now() - this.#rereadAt < pauseMs) return undefined;
    this.#rereadAt = this.now();
    return this.#read();
  }

  /** Call this when a service rejects the value. The next use reads it again, so a redrive finds the corrected one. */
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
      // Don't try again at once: use the stale values for another minute.
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
      // A value that was stored from a file often ends in a line break.
      return SecretString?.trim();
    } catch (error) {
      // A secret that was never rotated has no previous value.
      const isMissing = error instanceof Error && error.name === "ResourceNotFoundException";
      if (isMissing && stage === "AWSPREVIOUS") return undefined;
      throw error;
    }
  }
}
