import { createHmac, timingSafeEqual } from "node:crypto";
import { verify } from "@octokit/webhooks-methods";
import { Secret } from "../aws/secret.js";
import { ingressEnvironment } from "../runtime/environment.js";
import { log } from "../runtime/log.js";
import { previousSecret } from "./signature-lines.js";

const secret = new Secret(ingressEnvironment().WEBHOOK_SECRET_ARN, ["AWSCURRENT", "AWSPREVIOUS"]);
const dayMs = 24 * 3600_000;
const format = /^sha256=[0-9a-f]{64}$/;

/**
 * Whether GitHub has signed these bytes, or the UTF-8 of this text: by the secrets that the container knows; if none of
 * them fits, by those that may have been rotated in since. Throws if Secrets Manager does not give them. Warns if GitHub
 * still uses the previous secret a day after the rotation.
 */
export async function isAuthentic(body: string | Uint8Array, signature: string): Promise<boolean> {
  if (!format.test(signature)) return false;
  let signer = await signerOf(body, signature, await secret.values());
  if (signer < 0) signer = await signerOf(body, signature, (await secret.reread()) ?? []);
  if (signer > 0 && Date.now() - (secret.rotatedAt ?? Number.POSITIVE_INFINITY) > dayMs) {
    log.warn(previousSecret);
  }
  return signer >= 0;
}

/**
 * The index of the secret with which `signature` (the value of `X-Hub-Signature-256`) was made over the body; -1 if it was
 * made with none of them.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export async function signerOf(
  body: string | Uint8Array,
  signature: string,
  secrets: readonly string[],
): Promise<number> {
  if (!format.test(signature)) return -1;
  for (const [index, value] of secrets.entries()) {
    if (value !== "" && (await isSignedWith(value, body, signature))) return index;
  }
  return -1;
}

async function isSignedWith(value: string, body: string | Uint8Array, signature: string): Promise<boolean> {
  if (typeof body === "string" && body !== "") return verify(value, body, signature);
  // The library takes no bytes that are not UTF-8, and no empty body.
  const expected = `sha256=${createHmac("sha256", value).update(body).digest("hex")}`;
  return timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}
