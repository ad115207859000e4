import { randomBytes } from "node:crypto";
import { z } from "zod";
import { CoderClient } from "../../lambdas/coder/client.js";
import { isRefusal } from "../../lambdas/model/errors.js";
import type { Deployment } from "../deployment/deployment.js";
import { CommandError } from "../frame/exit.js";
import { readSecret, writeSecret } from "./secrets.js";
import { untilRead, type Waiting } from "./waiting.js";

/** Coder counts lifetimes in nanoseconds. */
const nanosecondsInMs = 1_000_000;

const userSchema = z.object({ username: z.string() });
const keySchema = z.object({ key: z.string() });

export interface TokenRotation extends Waiting {
  deployment: Deployment;
  /** How long the new token is valid, in milliseconds. */
  lifetimeMs: number;
}

/** The user of the Coder token in the secret, and a function that replaces that token. */
export interface TokenOwner {
  username: string;
  rotate: () => Promise<void>;
}

/**
 * The token's user. `rotate` uses the old token to create a new one for that user, tests it, stores it in the secret, and
 * deletes the old one once no Lambda uses it.
 */
export async function ownerOfToken(rotation: TokenRotation): Promise<TokenOwner> {
  const { deployment } = rotation;
  const old = (await readSecret(deployment, "CoderTokenSecretArn")).trim();
  const client = new CoderClient(deployment.environment.CODER_URL ?? "", old);
  const { username } = await client.get("/api/v2/users/me", userSchema);
  return { username, rotate: () => rotate(client, old, rotation) };
}

async function rotate(client: CoderClient, old: string, rotation: TokenRotation): Promise<void> {
  const { deployment, lifetimeMs, terminal } = rotation;
  const token = {
    token_name: `relay-${new Date().toISOString().slice(0, 10)}-${randomBytes(4).toString("hex")}`,
    lifetime: lifetimeMs * nanosecondsInMs,
  };
  const { key } = await client.post("/api/v2/users/me/keys/tokens", token, keySchema);
  const renewed = new CoderClient(client.url, key);
  await renewed.get("/api/v2/users/me", userSchema);
  await writeSecret(deployment, "CoderTokenSecretArn", key);
  terminal.note(`The new token ${token.token_name} is in Secrets Manager.`);
  await untilRead(rotation, "calls with the old token may still be in progress");
  try {
    await renewed.request("DELETE", `/api/v2/users/me/keys/${idOf(old)}`);
  } catch (error) {
    // It is already gone.
    if (isRefusal(error, 404)) return;
    throw new CommandError(
      "failed",
      `The new token is in use, but Coder didn't delete the old one, ${idOf(old)}: ${error instanceof Error ? error.message : "no reason given"}. Delete it in Coder under Account, Tokens.`,
    );
  }
}

/** A key is `<id>-<secret>` (coderd/httpmw/apikey.go). */
function idOf(key: string): string {
  return encodeURIComponent(key.split("-", 1).join(""));
}
