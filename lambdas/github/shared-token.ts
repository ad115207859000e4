import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { type Key, Table } from "../aws/table.js";

/** A token as the text that `@octokit/auth-app` caches, and when we stop using it (milliseconds since the epoch). */
export interface Token {
  value: string;
  until: number;
}

interface SealedToken {
  sealed: string;
  until: number;
  /** DynamoDB's time to live, in seconds since the epoch. */
  expiresAt: number;
}

const cipher = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;

/**
 * The token of one installation in the table, so a flow's Lambdas don't each have to request one: `pk = token#<API's
 * host>#<installation>`, `sk = token`. It is encrypted with a key derived from the App's private key, so only somebody
 * who could get a token from GitHub anyway can read it. The table is only an optimization: if it fails, we get a token
 * from GitHub.
 */
export class SharedToken {
  readonly #table = new Table();
  readonly #key: Key;
  readonly #encryptionKey: Uint8Array;

  constructor({ baseUrl, installationId, privateKey }: SharedTokenOptions) {
    this.#key = { pk: `token#${new URL(baseUrl).host}#${installationId}`, sk: "token" };
    this.#encryptionKey = new Uint8Array(
      hkdfSync("sha256", privateKey, "", "coder-task-relay installation token", 32),
    );
  }

  async read(): Promise<Token | undefined> {
    try {
      const item = await this.#table.get<SealedToken>(this.#key);
      return item && { value: this.#open(item.sealed), until: item.until };
    } catch {
      // The table failed, or the token was encrypted before the App's key was rotated.
      return undefined;
    }
  }

  async write({ value, until }: Token): Promise<void> {
    const item: SealedToken = { sealed: this.#seal(value), until, expiresAt: Math.ceil(until / 1000) };
    await this.#table.update<SealedToken>(this.#key, item).catch(() => undefined);
  }

  /** Base64 of IV, tag and ciphertext. It can be opened only as part of this item. */
  #seal(value: string): string {
    const iv = randomBytes(ivBytes);
    const sealing = createCipheriv(cipher, this.#encryptionKey, iv).setAAD(Buffer.from(this.#key.pk));
    const sealed = Buffer.concat([sealing.update(value, "utf8"), sealing.final()]);
    return Buffer.concat([iv, sealing.getAuthTag(), sealed]).toString("base64");
  }

  /** @throws if the text was sealed with another key or for another item. */
  #open(text: string): string {
    const bytes = Buffer.from(text, "base64");
    const opening = createDecipheriv(cipher, this.#encryptionKey, bytes.subarray(0, ivBytes), {
      authTagLength: tagBytes,
    })
      .setAAD(Buffer.from(this.#key.pk))
      .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    return Buffer.concat([opening.update(bytes.subarray(ivBytes + tagBytes)), opening.final()]).toString();
  }
}

interface SharedTokenOptions {
  /** The API's address. */
  baseUrl: string;
  installationId: number;
  privateKey: string;
}
