import { randomUUID } from "node:crypto";
import type { Access } from "../api/access.js";
import { type CoderApi, notFound } from "../api/coder-api.js";
import { badSearch, parseSearch, type SearchQuery } from "../api/search-query.js";
import type { FakeUser, NewUser } from "../api/user.js";
import type { Organizations } from "./organizations.js";

const keys = [
  "github_com_user_id",
  "status",
  "role",
  "name",
  "login_type",
  "last_seen_before",
  "last_seen_after",
  "created_before",
  "created_after",
];
const badQuery = "Invalid user search query.";

/** The users, including the one of the server's own token: `relay-bot`, initially a site owner. */
export class Users {
  readonly bot: FakeUser;
  readonly #all: FakeUser[] = [];

  constructor(private readonly organizations: Organizations) {
    this.bot = this.add({ username: "relay-bot", name: "Relay", role: "owner" });
  }

  add(user: NewUser): FakeUser {
    if (this.#all.some(({ username }) => username.toLowerCase() === user.username.toLowerCase())) {
      throw new Error(`The user "${user.username}" already exists.`);
    }
    const added: FakeUser = {
      name: "",
      status: "active",
      role: "member",
      ...user,
      id: randomUUID(),
      email: `${user.username}@example.com`,
      createdAt: new Date().toISOString(),
    };
    this.#all.push(added);
    return added;
  }

  /** By `me`, username or id. */
  find(ref: string, caller: Access): FakeUser | undefined {
    const wanted = ref.toLowerCase();
    if (wanted === "me") return caller.me;
    return this.#all.find(({ id, username }) => id === wanted || username.toLowerCase() === wanted);
  }

  byId(id: string): FakeUser | undefined {
    return this.#all.find((user) => user.id === id);
  }

  isMember(user: FakeUser, organizationId: string): boolean {
    return this.#organizationIds(user).includes(organizationId);
  }

  routes(api: CoderApi): void {
    api.route("GET", "/api/v2/users", ({ query }, caller) => {
      const found = this.#search(query.get("q") ?? "", caller);
      const after = found.findIndex(({ id }) => id === query.get("after_id")) + 1;
      const start = after + Number(query.get("offset") ?? 0);
      const limit = Number(query.get("limit") ?? 0) || found.length;
      const users = found.slice(start, start + limit).map((user) => this.#json(user));
      return { status: 200, body: { users, count: found.length } };
    });
    api.route("GET", "/api/v2/users/:user", ({ params }, caller) => {
      const user = this.find(params.user ?? "", caller);
      if (!user || !caller.seesUser(user)) throw notFound();
      return { status: 200, body: this.#json(user) };
    });
  }

  /** Silently omits users that the token may not see. */
  #search(q: string, caller: Access): FakeUser[] {
    const query = parseSearch(q, keys, badQuery);
    const tests = [
      byGithubId(query),
      by(query, "status", ({ status }) => [status]),
      by(query, "role", (user) => rolesOf(user).map(({ name }) => name)),
      by(query, "login_type", () => ["github"]),
      by(query, "name", ({ name }, value) => [name.toLowerCase().includes(value) ? value : ""]),
      byTime(query, "created_before", (at, limit) => at < limit),
      byTime(query, "created_after", (at, limit) => at > limit),
      byTime(query, "last_seen_before", (at, limit) => at < limit),
      byTime(query, "last_seen_after", (at, limit) => at > limit),
      (user: FakeUser) =>
        query.words.every((word) => `${user.username} ${user.email}`.toLowerCase().includes(word)),
    ];
    return this.#all
      .filter((user) => caller.seesUser(user) && tests.every((matches) => matches(user)))
      .sort((a, b) => a.username.localeCompare(b.username));
  }

  #organizationIds(user: FakeUser): string[] {
    const { all } = this.organizations;
    const names = user.organizations;
    if (!names) return all.map(({ id }) => id);
    return names.flatMap((name) => this.organizations.find(name)?.id ?? []);
  }

  /** Without the GitHub id: Coder searches by it but does not return it. */
  #json(user: FakeUser) {
    return {
      id: user.id,
      username: user.username,
      email: user.email,
      name: user.name,
      avatar_url: "",
      status: user.status,
      login_type: "github",
      organization_ids: this.#organizationIds(user),
      roles: rolesOf(user),
      is_service_account: user.role === "service-account",
      has_ai_seat: false,
      theme_preference: "",
      created_at: user.createdAt,
      updated_at: user.createdAt,
      last_seen_at: user.createdAt,
    };
  }
}

/** The site-wide roles. */
function rolesOf(user: FakeUser): { name: string; display_name: string }[] {
  return user.role === "owner" ? [{ name: "owner", display_name: "Owner" }] : [];
}

type UserTest = (user: FakeUser) => boolean;

/** In Coder, id 0 means no filter and finds everyone. */
function byGithubId({ terms }: SearchQuery): UserTest {
  const field = "github_com_user_id";
  const value = terms.get(field)?.[0] ?? "0";
  if (!/^-?\d+$/.test(value)) {
    throw badSearch(badQuery, [{ field, detail: `Query param "${field}" must be a valid 64-bit integer` }]);
  }
  const id = Number(value);
  return (user) => id === 0 || user.githubId === id;
}

function by(
  { terms }: SearchQuery,
  key: string,
  values: (user: FakeUser, wanted: string) => string[],
): UserTest {
  const wanted = (terms.get(key) ?? []).flatMap((value) => value.split(","));
  return (user) => wanted.length === 0 || wanted.some((value) => values(user, value).includes(value));
}

function byTime({ terms }: SearchQuery, key: string, fits: (at: number, limit: number) => boolean): UserTest {
  const value = terms.get(key)?.[0];
  if (value === undefined) return () => true;
  const limit = Date.parse(value);
  if (Number.isNaN(limit)) {
    throw badSearch(badQuery, [{ field: key, detail: `Query param "${key}" must be a valid date` }]);
  }
  return (user) => fits(Date.parse(user.createdAt), limit);
}
