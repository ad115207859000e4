import { createHmac, timingSafeEqual } from "node:crypto";

const format = /^sha256=[0-9a-f]{64}$/;

/** Whether a signature could be one at all. */
export function isSignature(text: string): boolean {
  return format.test(text);
}

/**
 * Whether `signature` (the value of `X-Hub-Signature-256`) was made over these bytes with one of the secrets.
 * On the raw bytes, for `@octokit/webhooks-methods` takes text only, and a body need not be valid UTF-8.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function isSigned(body: Uint8Array, signature: string, secrets: readonly string[]): boolean {
  if (!isSignature(signature)) return false;
  const given = Buffer.from(signature);
  return secrets.some((secret) => {
    if (secret === "") return false;
    const expected = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    return timingSafeEqual(given, Buffer.from(expected));
  });
}
