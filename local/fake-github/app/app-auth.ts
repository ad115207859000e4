import { randomBytes } from "node:crypto";
import { appPermissions } from "../../../infra/definition/github-app.js";
import { subscribedEvents } from "../../../lambdas/model/handled-events.js";
import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import type { Repositories } from "../repositories/repositories.js";
import { nodeId, type Repository } from "../repositories/repository.js";
import { asObject } from "../rest/examples.js";
import { areEnough, type Permissions } from "../rest/permissions.js";
import { body, GitHubError, type Json, notFound, param, type Rest } from "../rest/rest.js";
import { checkJwt } from "./app-jwt.js";
import { archived, blocked, inaccessible, suspended } from "./refusals.js";
import type { RegisteredApp } from "./registered-app.js";

/** Requests that an App makes as itself: only these accept its JWT, and they accept nothing else. */
const JWT_PATHS = /^\/app(\/|$)|^\/(?:repos\/[^/]+|users|orgs)\/[^/]+\/installation$/;

const TOKEN_LIFE_MS = 60 * 60 * 1000;

interface Token {
  installationId: number;
  expiresAt: number;
  permissions: Permissions;
  repositoryIds?: number[];
}

/**
 * A GitHub App's authentication: a JWT signed with its private key, and installation tokens.
 * https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
 */
export class AppAuth {
  readonly #tokens = new Map<string, Token>();
  /** The permissions that the installations have accepted. A token keeps those of its creation. */
  permissions: Permissions = { ...appPermissions };
  /** The events that the installations have accepted. */
  events: readonly string[] = subscribedEvents;
  /** The permissions that requests have used. */
  readonly taken = new Set<string>();
  /** Requests from people who may not install the App themselves. */
  readonly requests: Json[] = [];
  /** The time of an installation's suspension, by its id. */
  readonly suspended = new Map<number, string>();

  constructor(
    public app: RegisteredApp,
    readonly repositories: Repositories,
    /** GitHub's clock. */
    private readonly now: () => Date,
  ) {}

  get appId(): string {
    return this.app.id;
  }

  get appSlug(): string {
    return this.app.slug;
  }

  /** Replaces the App with another one. The old one's installation tokens become invalid. */
  replace(app: RegisteredApp): void {
    this.repositories.renameUser(`${this.appSlug}[bot]`, `${app.slug}[bot]`);
    this.app = app;
    this.permissions = { ...app.permissions };
    this.events = app.events;
    this.expireTokens();
  }

  /** Revokes all tokens, as when an installation is removed or an hour has passed. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  /** Revokes an installation's tokens. */
  revokeTokens(installationId: number): void {
    for (const [text, token] of this.#tokens) {
      if (token.installationId === installationId) this.#tokens.delete(text);
    }
  }

  /** GitHub also accepts this as a JWT's issuer, and prefers it. */
  get clientId(): string {
    return `Iv1.${this.appId}`;
  }

  /** The answer to a request that is refused; `undefined` passes it to its route. */
  check(request: HttpRequest): HttpReply | undefined {
    try {
      if (JWT_PATHS.test(request.path)) {
        checkJwt(request, {
          publicKey: this.app.publicKey,
          issuers: [this.appId, this.clientId],
          now: this.now(),
        });
      } else if (!/^\/(_logs|app-manifests)\//.test(request.path) && !isForEverybody(request)) {
        this.#checkToken(request);
      }
      return undefined;
    } catch (error) {
      if (error instanceof GitHubError) return error.reply;
      throw error;
    }
  }

  #token(request: HttpRequest): Token {
    const text = /^(?:token|bearer) (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const token = text === undefined ? undefined : this.#tokens.get(text);
    if (!token || token.expiresAt <= this.now().getTime()) throw new GitHubError(401, "Bad credentials");
    return token;
  }

  #checkToken(request: HttpRequest): void {
    const token = this.#token(request);
    if (this.suspended.has(token.installationId)) throw suspended();
    const [, name] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(request.path) ?? [];
    if (name === undefined) return;
    const repository = this.repositories.find(decodeURIComponent(name));
    if (!repository || !this.#sees(token, repository)) throw notFound();
    if (repository.blocked !== null) throw blocked(repository);
    if (request.method !== "GET" && !this.#covers(token, repository)) throw inaccessible(["write"]);
    if (repository.archived && request.method !== "GET") throw archived(request.path);
  }

  /** Refuses a request whose token has none of the permissions that its route requires. */
  checkPermissions(request: HttpRequest, anyOf: readonly string[]): void {
    if (anyOf.length === 0) return;
    if (!areEnough(this.#token(request).permissions, anyOf)) throw inaccessible(anyOf);
    this.taken.add(anyOf.join(" or "));
  }

  /** Whether the request's token has a permission. Records that it was used. */
  may(request: HttpRequest, need: string): boolean {
    const isGranted = areEnough(this.#token(request).permissions, [need]);
    if (isGranted) this.taken.add(need);
    return isGranted;
  }

  #covers({ installationId, repositoryIds }: Token, repository: Repository): boolean {
    return repository.installationId === installationId && (repositoryIds?.includes(repository.id) ?? true);
  }

  #sees(token: Token, repository: Repository): boolean {
    return !repository.private || this.#covers(token, repository);
  }

  /** Whether the request's token may read the repository. */
  canSee(request: HttpRequest, repository: Repository): boolean {
    return this.#sees(this.#token(request), repository);
  }

  /** https://docs.github.com/apps/sharing-github-apps/sharing-your-github-app */
  get pageUrl(): string {
    const { hosts } = this.repositories;
    return `${hosts.pagesUrl()}/${hosts.isEnterpriseServer ? "github-apps" : "apps"}/${this.appSlug}`;
  }

  json(): Json {
    return {
      id: Number(this.appId),
      slug: this.appSlug,
      node_id: nodeId("Integration", Number(this.appId)),
      client_id: this.clientId,
      owner: this.repositories.userJson(this.repositories.account(this.app.owner)),
      name: this.app.name,
      description: null,
      external_url: this.repositories.pagesUrl(),
      html_url: this.pageUrl,
      permissions: this.app.permissions,
      events: this.app.events,
    };
  }

  routes(rest: Rest): void {
    rest.get("/app/installations", (request) => {
      const installed = this.repositories.installations();
      return rest.page(request, installed, ({ id, repository }) => this.#installationJson(id, repository));
    });
    rest.get("/app/installation-requests", (request) => rest.page(request, this.requests, (one) => one));
    rest.get("/app", () => ({ status: 200, body: this.json() }));
    rest.get("/repos/:owner/:repo/installation", (request) => {
      const repository = this.repositories.of(request);
      if (repository.installationId === null) throw notFound();
      return { status: 200, body: this.#installationJson(repository.installationId, repository) };
    });
    // This route also accepts an organization's login.
    rest.get("/users/:login/installation", (request) => {
      const installed = this.repositories.installedOf(param(request, "login"));
      if (installed === undefined) throw notFound();
      return { status: 200, body: this.#installationJson(installed.id, installed.repository) };
    });
    rest.get("/installation/repositories", (request) => {
      const { installationId } = this.#token(request);
      const toJson = (repository: Repository) => this.repositories.json(repository);
      const covered = this.repositories.ofInstallation(installationId);
      return rest.page(request, covered, toJson, "repositories");
    });
    rest.post("/app/installations/:id/access_tokens", (request) => this.#issueToken(request));
  }

  #installationJson(id: number, repository: Repository): Json {
    const { login, type } = repository.owner;
    const isUser = type === "User";
    return {
      id,
      account: this.repositories.userJson(repository.owner),
      app_id: Number(this.appId),
      app_slug: this.appSlug,
      target_type: repository.owner.type,
      repository_selection: "all",
      permissions: this.permissions,
      events: this.events,
      html_url: `${this.repositories.pagesUrl()}${isUser ? "" : `/organizations/${login}`}/settings/installations/${id}`,
      suspended_at: this.suspended.get(id) ?? null,
    };
  }

  #issueToken(request: HttpRequest): HttpReply {
    const installationId = Number(param(request, "id"));
    const covered = this.repositories.ofInstallation(installationId);
    if (covered.length === 0) throw notFound();
    if (this.suspended.has(installationId)) throw suspended();
    const asked = body(request);
    const permissions: Permissions = {};
    const wanted = asked.permissions === undefined ? this.permissions : asObject(asked.permissions);
    for (const [name, level] of Object.entries(wanted)) {
      const granted = this.permissions[name];
      if (granted === undefined || (level !== granted && level !== "read")) {
        throw new GitHubError(422, "The permissions requested are not granted to this installation.");
      }
      permissions[name] = level === "read" ? "read" : granted;
    }
    // Every other permission includes `metadata: read`.
    permissions.metadata = "read";
    const token: Token = { installationId, expiresAt: this.now().getTime() + TOKEN_LIFE_MS, permissions };
    const only = chosen(asked, covered);
    if (only) token.repositoryIds = only.map((repository) => repository.id);
    const text = `ghs_${randomBytes(18).toString("hex")}`;
    this.#tokens.set(text, token);
    return {
      status: 201,
      body: {
        token: text,
        expires_at: new Date(token.expiresAt).toISOString().replace(/\.\d+Z$/, "Z"),
        permissions,
        repository_selection: only ? "selected" : "all",
        ...(only ? { repositories: only.map((repository) => this.repositories.json(repository)) } : {}),
      },
    };
  }
}

/** The repositories to which the requested token is limited. */
function chosen(asked: Json, covered: Repository[]): Repository[] | undefined {
  const wanted = asked.repository_ids ?? asked.repositories;
  if (!Array.isArray(wanted)) return undefined;
  const found = covered.filter(({ id, name }) => wanted.includes(id) || wanted.includes(name));
  if (found.length === wanted.length) return found;
  throw new GitHubError(
    422,
    "There is at least one repository that does not exist or is not accessible to the parent installation.",
  );
}

/** The endpoints that GitHub serves without credentials. Invalid credentials are still rejected. */
function isForEverybody({ method, path, headers }: HttpRequest): boolean {
  return method === "GET" && headers.authorization === undefined && /^\/users\/[^/]+$/.test(path);
}
