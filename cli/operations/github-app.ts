import { Octokit } from "@octokit/core";
import appJwt from "universal-github-app-jwt";
import { z } from "zod";
import { appPermissions } from "../../infra/definition/github-app.js";

/** The id and the private key (PEM, PKCS#8 or as GitHub gives it) of the App. */
export interface AppKey {
  appId: string;
  privateKey: string;
}

const permissions = z.record(z.string(), z.string());
const aboutSchema = z.object({
  id: z.int(),
  slug: z.string(),
  name: z.string(),
  owner: z.object({ login: z.string(), type: z.string() }),
  permissions,
  events: z.array(z.string()),
});
const installationSchema = z.object({
  id: z.int(),
  account: z.object({ login: z.string() }),
  html_url: z.string(),
  permissions,
  events: z.array(z.string()),
  suspended_at: z.string().nullish(),
});
const deliverySchema = z.object({
  // Above 2^53: Octokit gives such numbers as bigint.
  id: z.union([z.number(), z.bigint()]).transform(String),
  guid: z.string(),
  event: z.string(),
  delivered_at: z.string(),
  redelivery: z.boolean(),
  status: z.string(),
  status_code: z.number(),
});
const hookSchema = z.object({
  url: z.string().default(""),
  content_type: z.string().default("form"),
  insecure_ssl: z.coerce.string().default("0"),
});
const repositorySchema = z.object({ full_name: z.string() });
const requestSchema = z.object({ requester: z.object({ login: z.string() }) });

export type AppAbout = z.output<typeof aboutSchema>;
export type Installation = z.output<typeof installationSchema>;
export type HookDelivery = z.output<typeof deliverySchema>;

/** What the relay's GitHub App may ask GitHub: as itself, and as one of its installations. Throws Octokit's errors. */
export class GitHubApp {
  constructor(
    private readonly api: string,
    private readonly key: AppKey,
  ) {}

  async about(): Promise<AppAbout> {
    return aboutSchema.parse(await this.#ask("GET /app"));
  }

  async hook() {
    return hookSchema.parse(await this.#ask("GET /app/hook/config"));
  }

  /** Sets the whole hook: GitHub doesn't say what becomes of a field that is left out. */
  async setHook(url: string, secret: string): Promise<void> {
    // As `data`, because Octokit would take a parameter `url` for the address of the request.
    const data = { url, content_type: "json", insecure_ssl: "0", secret };
    await this.#ask("PATCH /app/hook/config", { data });
  }

  async installations(): Promise<Installation[]> {
    return z.array(installationSchema).parse(await this.#ask("GET /app/installations", { per_page: 100 }));
  }

  /** The logins of people who have asked an owner to install the App. */
  async requesters(): Promise<string[]> {
    const asked = await this.#ask("GET /app/installation-requests", { per_page: 100 });
    return z
      .array(requestSchema)
      .parse(asked)
      .map(({ requester }) => requester.login);
  }

  /** The newest deliveries, the newest first. */
  async deliveries(): Promise<HookDelivery[]> {
    return z.array(deliverySchema).parse(await this.#ask("GET /app/hook/deliveries", { per_page: 100 }));
  }

  async redeliver(id: string): Promise<void> {
    await this.#ask("POST /app/hook/deliveries/{id}/attempts", { id });
  }

  /** The full names of the first hundred repositories of an installation. */
  async repositories(installationId: number): Promise<string[]> {
    const octokit = await this.#installed(installationId);
    const { data } = await octokit.request("GET /installation/repositories", { per_page: 100 });
    return z
      .array(repositorySchema)
      .parse(data.repositories)
      .map(({ full_name }) => full_name);
  }

  async isAssignable(installationId: number, repository: string, login: string): Promise<boolean> {
    const [owner = "", repo = ""] = repository.split("/");
    const octokit = await this.#installed(installationId);
    try {
      await octokit.request("GET /repos/{owner}/{repo}/assignees/{assignee}", {
        owner,
        repo,
        assignee: login,
      });
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }

  async #installed(id: number): Promise<Octokit> {
    const answer = await this.#ask("POST /app/installations/{id}/access_tokens", { id });
    return connect(this.api, z.object({ token: z.string() }).parse(answer).token);
  }

  async #ask(route: string, parameters: Record<string, unknown> = {}): Promise<unknown> {
    const { token } = await appJwt({ id: this.key.appId, privateKey: this.key.privateKey });
    return (await connect(this.api, token).request(route, parameters)).data;
  }
}

/** What the relay needs and these permissions lack: `issues: write`. */
export function missingPermissions(granted: Readonly<Record<string, string>>): string[] {
  return Object.entries(appPermissions)
    .filter(([name, level]) => granted[name] !== level && granted[name] !== "write")
    .map(([name, level]) => `${name}: ${level}`);
}

/** The HTTP status of an error of Octokit's; `undefined` for others. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "status" in error && typeof error.status === "number"
    ? error.status
    : undefined;
}

function connect(baseUrl: string, auth: string): Octokit {
  return new Octokit({ baseUrl, auth, userAgent: "coder-task-relay", log: quiet });
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
