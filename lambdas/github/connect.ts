import { createAppAuth } from "@octokit/auth-app";
import type { Octokit } from "@octokit/core";
import { isRefusal } from "../model/errors.js";
import { gitHubEnvironment } from "../runtime/environment.js";
import { measure } from "../runtime/metrics.js";
import { patientFetch } from "../runtime/patient-fetch.js";
import { type AppCredentials, appCredentials, expireCredentials } from "./credentials.js";
import { InstallationTokens } from "./installation-tokens.js";
import { namedError } from "./named-error.js";
import { measureRateLimit } from "./rate-limit.js";
import { SharedToken } from "./shared-token.js";

const timeoutMs = 15_000;

export interface ConnectedApp<Client extends Octokit> {
  id: string;
  /** A client that acts as the App's bot in one installation. It gets and renews its tokens by itself. */
  installation(id: number): Client;
}

type ClientClass<Client extends Octokit> = new (options: ConstructorParameters<typeof Octokit>[0]) => Client;

/**
 * Returns a function that connects as the GitHub App of the settings, with clients of the given class. It connects once
 * per container, and again after the App's key was rotated.
 */
export function connecting<Client extends Octokit>(
  Client: ClientClass<Client>,
): () => Promise<ConnectedApp<Client>> {
  const { GITHUB_API_URL: baseUrl } = gitHubEnvironment();
  let connected: { credentials: AppCredentials; app: ConnectedApp<Client> } | undefined;

  function makeClient({ appId, privateKey }: AppCredentials, installationId: number): Client {
    const tokens = new InstallationTokens(new SharedToken({ baseUrl, installationId, privateKey }));
    const client = new Client({
      authStrategy: createAppAuth,
      // If our clock differs from GitHub's, the strategy uses the `Date` of GitHub's rejection.
      auth: { appId, privateKey, installationId, cache: tokens },
      baseUrl,
      userAgent: "coder-task-relay",
      request: { fetch: patientFetch("GitHub", timeoutMs) },
      log: { debug() {}, info() {}, warn() {}, error() {} },
    });
    client.hook.wrap("request", (request, options) => tokens.renewing(async () => request(options)));
    client.hook.after("request", ({ headers }) => measureRateLimit(headers));
    client.hook.error("request", (error, options) => {
      const named = namedError(error, options.method, baseUrl);
      if (isRefusal(named, 401)) {
        expireCredentials();
        measure("RefusedCredentials", 1);
      }
      throw named;
    });
    return client;
  }

  function makeApp(credentials: AppCredentials): ConnectedApp<Client> {
    const clients = new Map<number, Client>();
    return {
      id: credentials.appId,
      installation(id) {
        const client = clients.get(id) ?? makeClient(credentials, id);
        clients.set(id, client);
        return client;
      },
    };
  }

  return async () => {
    const credentials = await appCredentials();
    if (connected?.credentials !== credentials) connected = { credentials, app: makeApp(credentials) };
    return connected.app;
  };
}
