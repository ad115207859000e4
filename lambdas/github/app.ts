import { createPrivateKey } from "node:crypto";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/core";
import { RequestError } from "@octokit/request-error";
import * as z from "zod/mini";
import { Secret } from "../aws/secret.js";
import {
  ConfigurationError,
  NotInstalledError,
  RateLimitedError,
  RefusedRequestError,
  TransientError,
} from "../model/errors.js";
import { gitHubEnvironment } from "../runtime/environment.js";
import { patientFetch } from "../runtime/patient-fetch.js";

const timeoutMs = 15_000;

/** The GitHub App as its secret holds it: JSON with these two fields. */
const credentialsSchema = z.object({
  appId: z.pipe(z.union([z.string(), z.int()]), z.transform(String)).check(z.regex(/^\d+$/)),
  privateKey: z.string(),
});

export interface GitHubApp {
  id: string;
  /** A client that acts as the App's bot in one installation. Its tokens are made and renewed as needed. */
  installation(id: number): Octokit;
}

const environment = gitHubEnvironment();
const secret = new Secret(environment.GITHUB_APP_SECRET_ARN);
let connected: { credentials: string; app: GitHubApp } | undefined;

/** The GitHub App of the settings. Made once per container, and again once its key is rotated. */
export async function connectGitHub(): Promise<GitHubApp> {
  const credentials = await secret.value();
  if (connected?.credentials === credentials) return connected.app;
  try {
    connected = { credentials, app: makeApp(credentials) };
    return connected.app;
  } catch (error) {
    secret.expire();
    throw error;
  }
}

function makeApp(credentials: string): GitHubApp {
  const { appId, privateKey } = parseCredentials(credentials);
  const clients = new Map<number, Octokit>();
  return {
    id: appId,
    installation(installationId) {
      const known = clients.get(installationId);
      if (known) return known;
      const tokens = new TokenCache();
      const client = new Octokit({
        authStrategy: createAppAuth,
        // Where our clock differs from GitHub's, it takes the `Date` of GitHub's refusal.
        auth: { appId, privateKey, installationId, cache: tokens },
        baseUrl: environment.GITHUB_API_URL,
        userAgent: "coder-task-relay",
        request: { fetch: patientFetch("GitHub", timeoutMs) },
        log: { debug() {}, info() {}, warn() {}, error() {} },
      });
      client.hook.wrap("request", (request, options) => askWithToken(tokens, async () => request(options)));
      client.hook.error("request", (error, options) => {
        throw namedError(error, options.method);
      });
      clients.set(installationId, client);
      return client;
    },
  };
}

/** A minute less than a token of GitHub's lives. */
const tokenLifeMs = 59 * 60_000;

/** The tokens of one installation, by what they were asked for. */
class TokenCache {
  readonly #tokens = new Map<string, { token: string; until: number }>();

  get(key: string): string {
    const known = this.#tokens.get(key);
    return known && known.until > Date.now() ? known.token : "";
  }

  set(key: string, token: string): void {
    this.#tokens.set(key, { token, until: Date.now() + tokenLifeMs });
  }

  clear(): void {
    this.#tokens.clear();
  }
}

/**
 * A token that is refused is let go: it may have been revoked (401, which is asked once more with a new one), or be
 * older than the permissions that the installation has by now (403, which a redrive asks again).
 */
async function askWithToken<Answer>(tokens: TokenCache, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RequestError) || (error.status !== 401 && error.status !== 403)) throw error;
    tokens.clear();
    // The App itself was refused a token: another one will not be given.
    if (error.status === 403 || isTokenRequest(error)) throw error;
    return ask();
  }
}

function isTokenRequest({ request }: RequestError): boolean {
  return /\/access_tokens$/.test(pathOf(request.url));
}

/** GitHub issues PKCS#1 keys; the WebCrypto that signs the App's JWTs takes PKCS#8. */
function parseCredentials(text: string): { appId: string; privateKey: string } {
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
    const key = createPrivateKey(parsed.data.privateKey.replaceAll("\\n", "\n").trim());
    return {
      appId: parsed.data.appId,
      privateKey: key.export({ type: "pkcs8", format: "pem" }).toString(),
    };
  } catch {
    throw fault("holds a private key that cannot be read");
  }
}

/** Octokit's errors by the names that the state machines know. */
function namedError(error: unknown, method: string): Error {
  if (!(error instanceof Error)) return new TransientError(`GitHub did not answer a ${method}.`);
  // What the fetch threw comes wrapped by Octokit, and may have been named for an inner request already.
  const cause = error.cause;
  if (cause instanceof TransientError || cause instanceof RateLimitedError) return cause;
  if (!(error instanceof RequestError)) return error;
  const { status } = error;
  const request = `${error.request.method} ${pathOf(error.request.url)}`;
  if (status >= 500) return new TransientError(`GitHub answered ${status} to ${request}. It is retried.`);
  if (status === 401) secret.expire();
  // Of the token that every request needs: not what was asked for is missing, but the App itself.
  if (isTokenRequest(error) && status !== 401) {
    return new NotInstalledError(
      `GitHub answered ${status} to ${request}: the App is not installed there, or is suspended. Install it on the repository again (docs/github-app-setup.md), then redrive this run.`,
    );
  }
  return new RefusedRequestError("GitHub", status, request, error.message.slice(0, 500));
}

function pathOf(url: string): string {
  return url.replace(environment.GITHUB_API_URL, "").replace(/\?.*/, "");
}
