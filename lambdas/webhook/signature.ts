import { createHmac, timingSafeEqual } from "node:crypto";
import { verifyWithFallback } from "@octokit/webhooks-methods";
import { Secret } from "../aws/secret.js";
import { ingressEnvironment } from "../runtime/environment.js";

const secret = new Secret(ingressEnvironment().WEBHOOK_SECRET_ARN, ["AWSCURRENT", "AWSPREVIOUS"]);
const format = /^sha256=[0-9a-f]{64}$/;

/**
 * Whether GitHub has signed these bytes, or the UTF-8 of this text: by the secrets that the container knows; if none of
 * them fits, by those that may have been rotated in since. Throws if Secrets Manager does not give them.
 */
export async function isAuthentic(body: string | Uint8Array, signature: string): Promise<boolean> {
  if (!format.test(signature)) return false;
  if (await isSigned(body, signature, await secret.values())) return true;
  const rotated = await secret.reread();
  return rotated !== undefined && isSigned(body, signature, rotated);
}

/**
 * Whether `signature` (the value of `X-Hub-Signature-256`) was made over the body with one of the secrets.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export async function isSigned(
  body: string | Uint8Array,
  signature: string,
  secrets: readonly string[],
): Promise<boolean> {
  const [current, ...previous] = secrets.filter((value) => value !== "");
  if (current === undefined || !format.test(signature)) return false;
  if (typeof body === "string" && body !== "") {
    return verifyWithFallback(current, body, signature, previous);
  }
  // The library takes no bytes that are not UTF-8, and no empty body.
  const given = Buffer.from(signature);
  return [current, ...previous].some((value) => {
    const expected = `sha256=${createHmac("sha256", value).update(body).digest("hex")}`;
    return timingSafeEqual(given, Buffer.from(expected));
  });
}
