import type { HttpRequest } from "../../http/http-server.js";
import { fromExample, type Moves } from "../rest/examples.js";
import { type Json, notFound, param, type Rest } from "../rest/rest.js";
import {
  fullName,
  type NewRepository,
  type NewUser,
  nodeId,
  permission,
  type Repository,
  type RepositoryRef,
  type Role,
  type User,
} from "./repository.js";

/** The id of the App's first installation; each further account gets the next id. */
const FIRST_INSTALLATION = 50_000_001;

/** GitHub's URLs. */
export interface Hosts {
  apiUrl(): string;
  pagesUrl(): string;
  isEnterpriseServer: boolean;
}

/** Users, repositories and permissions: the base of the rest of GitHub's state. */
export class Repositories {
  readonly #users = new Map<string, User>();
  readonly #repositories = new Map<string, Repository>();
  /** Renamed repositories by their old names. */
  readonly #former = new Map<string, Repository>();
  /** An account's installation, the default for its repositories. */
  readonly #installations = new Map<User, number>();
  #lastId = 1_000_000;

  constructor(
    readonly hosts: Hosts,
    readonly now: () => Date,
  ) {}

  /** The API's base URL, without a trailing slash. */
  apiUrl(): string {
    return this.hosts.apiUrl();
  }

  /** The address of GitHub's pages: `https://github.com`. */
  pagesUrl(): string {
    return this.hosts.pagesUrl();
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** The current time in GitHub's format: UTC, to the second. */
  timestamp(): string {
    return this.now()
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
  }

  addUser(input: NewUser): User {
    const user: User = {
      login: input.login,
      id: input.id ?? this.nextId(),
      type: input.type ?? (input.login.endsWith("[bot]") ? "Bot" : "User"),
    };
    this.#users.set(input.login.toLowerCase(), user);
    return user;
  }

  /** The user with that login, created if missing. */
  user(login: string): User {
    return this.#users.get(login.toLowerCase()) ?? this.addUser({ login });
  }

  /** Changes an account's login. After that, anyone may take the old login (`addUser`). */
  renameUser(login: string, to: string): User {
    const user = this.user(login);
    const [former, now] = [user.login.toLowerCase(), to.toLowerCase()];
    user.login = to;
    this.#users.delete(former);
    this.#users.set(now, user);
    for (const repository of [...this.#repositories.values()]) {
      const role = repository.permissions.get(former);
      repository.permissions.delete(former);
      if (role) repository.permissions.set(now, role);
      if (repository.owner !== user) continue;
      const path = `/${repository.name.toLowerCase()}`;
      this.#repositories.delete(`${former}${path}`);
      this.#former.set(`${former}${path}`, repository);
      this.#repositories.set(`${now}${path}`, repository);
    }
    return user;
  }

  /** The account with that login, created as an organization if missing. */
  account(login: string): User {
    return this.#users.get(login.toLowerCase()) ?? this.addUser({ login, type: "Organization" });
  }

  #installationOf(owner: User): number {
    const known = this.#installations.get(owner) ?? FIRST_INSTALLATION + this.#installations.size;
    this.#installations.set(owner, known);
    return known;
  }

  addRepository(input: NewRepository): Repository {
    const owner = this.account(input.owner);
    const repository: Repository = {
      id: input.id ?? this.nextId(),
      owner,
      name: input.name,
      pages: this.pagesUrl(),
      private: input.private ?? false,
      defaultBranch: input.defaultBranch ?? "main",
      hasIssues: true,
      archived: false,
      blocked: null,
      installationId: input.installationId === undefined ? this.#installationOf(owner) : input.installationId,
      permissions: new Map(),
      ...(input.forkOf === undefined ? {} : { forkOf: this.get(input.forkOf) }),
    };
    for (const [login, role] of Object.entries(input.permissions ?? {})) {
      this.user(login);
      repository.permissions.set(login.toLowerCase(), role);
    }
    this.#repositories.set(fullName(repository).toLowerCase(), repository);
    return repository;
  }

  /** Renames a repository. Its old name redirects to the new one. */
  rename(ref: RepositoryRef, name: string): void {
    const repository = this.get(ref);
    this.#repositories.delete(fullName(repository).toLowerCase());
    this.#former.set(fullName(repository).toLowerCase(), repository);
    repository.name = name;
    this.#repositories.set(fullName(repository).toLowerCase(), repository);
  }

  /** Deletes a repository. Its name then belongs to nobody. */
  remove(ref: RepositoryRef): void {
    this.#repositories.delete(fullName(this.get(ref)).toLowerCase());
  }

  /** The repository that had this name before, unless another one has it now. */
  formerly(name: string): Repository | undefined {
    return this.find(name) ? undefined : this.#former.get(name.toLowerCase());
  }

  find(name: string): Repository | undefined {
    return this.#repositories.get(name.toLowerCase());
  }

  get(ref: RepositoryRef): Repository {
    const found = typeof ref === "string" ? this.find(ref) : ref;
    if (!found) throw notFound();
    return found;
  }

  all(): Repository[] {
    return [...this.#repositories.values()];
  }

  byId(id: number): Repository | undefined {
    return [...this.#repositories.values()].find((repository) => repository.id === id);
  }

  ofInstallation(id: number): Repository[] {
    return [...this.#repositories.values()].filter((repository) => repository.installationId === id);
  }

  ownedBy(login: string): Repository[] {
    return [...this.#repositories.values()].filter(
      ({ owner }) => owner.login.toLowerCase() === login.toLowerCase(),
    );
  }

  /** The App's installations, each with one of its repositories. */
  installations(): { id: number; repository: Repository }[] {
    const all = new Map<number, Repository>();
    for (const repository of this.#repositories.values()) {
      if (repository.installationId !== null) all.set(repository.installationId, repository);
    }
    return [...all].map(([id, repository]) => ({ id, repository }));
  }

  /** The App's installation on an account, and one of its repositories. */
  installedOf(login: string): { id: number; repository: Repository } | undefined {
    for (const repository of this.#repositories.values()) {
      const { owner, installationId: id } = repository;
      if (id !== null && owner.login.toLowerCase() === login.toLowerCase()) return { id, repository };
    }
    return undefined;
  }

  /** The repository that the request's path names. */
  of(request: HttpRequest): Repository {
    return this.get(`${param(request, "owner")}/${param(request, "repo")}`);
  }

  role(repository: Repository, user: User): Role | "none" {
    if (user === repository.owner) return "admin";
    const given = repository.permissions.get(user.login.toLowerCase());
    // An App's bot is never a collaborator, regardless of the App's permissions (anomalyco/opencode#43532).
    return given ?? (repository.private || user.type === "Bot" ? "none" : "read");
  }

  /** A label for readers, not an authorization: a user with write access can show as `NONE`, and vice versa. */
  authorAssociation(repository: Repository, user: User): string {
    if (user === repository.owner) return "OWNER";
    return repository.permissions.has(user.login.toLowerCase()) ? "COLLABORATOR" : "NONE";
  }

  userJson(user: User): Json {
    const slug = encodeURIComponent(user.login);
    const moves: Moves = (theirs) => [[`${theirs.login}`, slug], ...this.#toOurHosts()];
    return fromExample(["issues", "reopened", "sender"], moves, {
      login: user.login,
      id: user.id,
      node_id: nodeId("User", user.id),
      avatar_url: `https://avatars.githubusercontent.com/u/${user.id}?v=4`,
      type: user.type,
      ...(user.type === "Bot"
        ? { html_url: `${this.pagesUrl()}/apps/${user.login.replace("[bot]", "")}` }
        : {}),
    });
  }

  json(repository: Repository): Json {
    return fromExample(["issues", "reopened", "repository"], this.moves(repository), {
      id: repository.id,
      node_id: nodeId("Repository", repository.id),
      name: repository.name,
      owner: this.userJson(repository.owner),
      private: repository.private,
      visibility: repository.private ? "private" : "public",
      default_branch: repository.defaultBranch,
      has_issues: repository.hasIssues,
      archived: repository.archived,
      fork: repository.forkOf !== undefined,
    });
  }

  /** Replacements that move an example's URLs to this repository, plus `more`. */
  moves(repository: Repository, more: (theirs: Json) => [string, string][] = () => []): Moves {
    return (theirs, fullNames) => [
      ...fullNames.map((name): [string, string] => [name, fullName(repository)]),
      ...more(theirs),
      ...this.#toOurHosts(),
    ];
  }

  #toOurHosts(): [string, string][] {
    return [
      ["https://api.github.com", this.apiUrl()],
      ["https://github.com", this.pagesUrl()],
    ];
  }

  routes(rest: Rest): void {
    rest.get("/users/:login", (request) => {
      const user = this.#users.get(param(request, "login").toLowerCase());
      if (!user) throw notFound();
      return { status: 200, body: this.userJson(user) };
    });
    rest.get("/user/:id", (request) => {
      const user = [...this.#users.values()].find(({ id }) => `${id}` === param(request, "id"));
      if (!user) throw notFound();
      return { status: 200, body: this.userJson(user) };
    });
    rest.get("/repos/:owner/:repo", (request) => ({ status: 200, body: this.json(this.of(request)) }));
    // Only people with a role in the repository can be assigned.
    rest.get("/repos/:owner/:repo/assignees/:login", (request) => {
      const login = param(request, "login").toLowerCase();
      const isPerson = this.#users.get(login)?.type === "User";
      if (!isPerson || !this.of(request).permissions.has(login)) throw notFound();
      return { status: 204 };
    });
    rest.get("/repos/:owner/:repo/collaborators/:login/permission", (request) => {
      const repository = this.of(request);
      const login = param(request, "login");
      const user = this.#users.get(login.toLowerCase());
      // This endpoint does not know actors like `Copilot` as users (anthropics/claude-code-action#1018).
      const isActor = user?.type === "Bot" && !user.login.endsWith("[bot]");
      if (!user || isActor || user.type === "Organization") throw notFound(`${login} is not a user`);
      const role = this.role(repository, user);
      return { status: 200, body: { ...permission(role), user: this.userJson(user) } };
    });
  }
}
