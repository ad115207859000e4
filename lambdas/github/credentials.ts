import * as z from "zod/mini";
import { Secret } from "../aws/secret.js";
import { ConfigurationError } from "../model/errors.js";
import { gitHubEnvironment } from "../runtime/environment.js";
import { asPkcs8 } from "./private-key.js";

export interface AppCredentials {
  appId: string;
  /** PEM, PKCS#8. */
  privateKey: string;
}

/** The content of the GitHub App secret: JSON with these two fields. */
const credentialsSchema = z.object({
  appId: z.pipe(z.union([z.string(), z.int()]), z.transform(String)).check(z.regex(/^\d+$/)),
  privateKey: z.string(),
});

const secret = new Secret(gitHubEnvironment().GITHUB_APP_SECRET_ARN);
let known: { text: string; credentials: AppCredentials } | undefined;

/**
 * The GitHub App's id and key. Returns the same object until the key is rotated.
 *
 * @throws ConfigurationError, whose message contains nothing from the secret.
 */
export async function appCredentials(): Promise<AppCredentials> {
  const text = await secret.value();
  if (known?.text === text) return known.credentials;
  try {
    known = { text, credentials: parseCredentials(text) };
    return known.credentials;
  } catch (error) {
    secret.expire();
    throw error;
  }
}

/**
 * Call this when GitHub rejects the credentials. The next use reads the secret again, so a redrive finds the corrected
 * key.
 */
export function expireCredentials(): void {
  secret.expire();
}

function parseCredentials(text: string): AppCredentials {
  const fault = (what: string) =>
    new ConfigurationError(
      `The GitHub App secret ${what}. Expected: {"appId": "12345", "privateKey": "-----BEGIN RSA PRIVATE KEY-----…"}, the key as GitHub gave it.`,
    );
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw fault("is not JSON");
  }
  const parsed = z.safeParse(credentialsSchema, json);
  if (!parsed.success) throw fault("lacks appId (a number) or privateKey");
  try {
    return { appId: parsed.data.appId, privateKey: asPkcs8(parsed.data.privateKey) };
  } catch {
    throw fault("holds a private key that cannot be read");
  }
}
