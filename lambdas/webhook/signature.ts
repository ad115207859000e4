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
 * Whether GitHub signed these bytes, or this text in UTF-8. Tries the secrets that the container knows, and if none of them
 * matches, reads them again, because they may have been rotated. Throws if Secrets Manager does not return them. Warns if
 * GitHub still uses the previous secret a day after the rotation.
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
 * The index of the secret that produced `signature` (the value of `X-Hub-Signature-256`) over the body; -1 if none of them
 * did.
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
  // The library accepts neither bytes that are not UTF-8 nor an empty body.
  const expected = `sha256=${createHmac("sha256", value).update(body).digest("hex")}`;
  return timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}
