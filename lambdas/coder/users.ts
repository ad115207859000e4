import * as z from "zod/mini";
import { knownAccounts } from "../aws/known-accounts.js";
import { isRefusal, NoCoderUserError } from "../model/errors.js";
import type { Person } from "../model/event.js";
import type { CoderSettings } from "../runtime/environment.js";
import type { CoderClient } from "./client.js";

const userSchema = z.object({
  id: z.string(),
  username: z.string(),
  status: z._default(z.string(), "active"),
});
/** The site-wide roles of a user (codersdk/users.go). */
const serviceUserSchema = z.extend(userSchema, {
  roles: z._default(z.nullable(z.array(z.object({ name: z.string() }))), []),
});
const usersSchema = z.object({ users: z.nullable(z.array(userSchema)) });

export interface CoderUser {
  id: string;
  username: string;
}

/** The users of a Coder deployment, and how GitHub users map to them. */
export class CoderUsers {
  #me: Promise<CoderUser> | undefined;

  constructor(
    private readonly client: CoderClient,
    private readonly settings: CoderSettings,
  ) {}

  /** The Coder user of a person; without a person, the service user. Throws a `NoCoderUserError` that says what to do. */
  of(person: Person | null): Promise<CoderUser> {
    return person ? this.#ofPerson(person) : this.#serviceUser();
  }

  /** By GitHub's id if exactly one active user is linked to it, otherwise by `CODER_USER_MAP`. */
  async #ofPerson(person: Person): Promise<CoderUser> {
    const { id, login } = person;
    const linked = await this.#linkedTo(id);
    const active = linked.filter(({ status }) => status === "active");
    const [only] = active;
    if (only && active.length === 1) return only;

    const mapped = await this.#mapped(person);
    if (mapped !== undefined) return this.#activeUser(mapped, login);
    if (active.length > 1)
      throw noUser(login, "several active Coder users are linked to this GitHub account");
    if (linked.length > 0) throw noUser(login, "the linked Coder user is not active");
    if (isEnterpriseServer(this.settings.GITHUB_API_URL)) throw notInMap(login);
    throw noUser(login, "no Coder user is linked to this GitHub account");
  }

  /**
   * The Coder user that `CODER_USER_MAP` names for this account. GitHub has just sent login and id together, so the login
   * stands for this id from now on, even if somebody else takes over the login.
   */
  async #mapped(person: Person): Promise<string | undefined> {
    for (const [login, user] of this.settings.CODER_USER_MAP) {
      if (await knownAccounts().isNamed(person, login, async () => person.id)) return user;
    }
    return undefined;
  }

  /**
   * The user of `CODER_SERVICE_USER`, who owns work that belongs to no person. It may not be a site Owner, because every
   * job of every repository would then have an Owner's rights.
   */
  async #serviceUser(): Promise<CoderUser> {
    const name = this.settings.CODER_SERVICE_USER;
    if (name === undefined) throw noServiceUser("CODER_SERVICE_USER is not set");
    const path = `/api/v2/users/${encodeURIComponent(name)}`;
    const user = await this.client.get(path, serviceUserSchema).catch((error: unknown) => {
      if (!isRefusal(error, 400, 404)) throw error;
      throw noServiceUser("CODER_SERVICE_USER names no Coder user, or none that the token may see");
    });
    if (user.status !== "active") throw noServiceUser("the user of CODER_SERVICE_USER is not active");
    if (user.roles?.some((role) => role.name === "owner")) {
      throw noServiceUser("the user of CODER_SERVICE_USER is a site Owner");
    }
    return user;
  }

  isServiceUser(username: string): boolean {
    return this.settings.CODER_SERVICE_USER?.toLowerCase() === username.toLowerCase();
  }

  /** The user of the token. */
  me(): Promise<CoderUser> {
    this.#me ??= this.client.get("/api/v2/users/me", userSchema).catch((error: unknown) => {
      this.#me = undefined;
      throw error;
    });
    return this.#me;
  }

  /** Coder knows only the ids of github.com. Id 0 would mean "no filter" and match every user. */
  async #linkedTo(id: number): Promise<z.output<typeof userSchema>[]> {
    if (id <= 0 || isEnterpriseServer(this.settings.GITHUB_API_URL)) return [];
    const query = encodeURIComponent(`github_com_user_id:${id}`);
    return (await this.client.get(`/api/v2/users?q=${query}`, usersSchema)).users ?? [];
  }

  async #activeUser(username: string, login: string): Promise<CoderUser> {
    const path = `/api/v2/users/${encodeURIComponent(username)}`;
    const user = await this.client.get(path, userSchema).catch((error: unknown) => {
      if (!isRefusal(error, 400, 404)) throw error;
      throw noUser(login, "CODER_USER_MAP names a Coder user who does not exist");
    });
    if (user.status === "active") return user;
    throw noUser(login, "CODER_USER_MAP names a Coder user who is not active");
  }
}

/** GitHub Enterprise Server's API is at `https://HOST/api/v3`. */
function isEnterpriseServer(apiUrl: string): boolean {
  return apiUrl.endsWith("/api/v3");
}

/** The message leaves out the user's name, because the page that shows it may be public. */
function noServiceUser(reason: string): NoCoderUserError {
  return new NoCoderUserError(
    `Work that belongs to no person needs a service user: ${reason}. Ask an operator to set CODER_SERVICE_USER to an active Coder user who is not a site Owner.`,
  );
}

function notInMap(login: string): NoCoderUserError {
  return new NoCoderUserError(
    `${login} cannot be given a task: Coder doesn't know the accounts of a GitHub Enterprise Server. Ask an operator to add "${login}=CODERUSER" to CODER_USER_MAP.`,
  );
}

function noUser(login: string, reason: string): NoCoderUserError {
  return new NoCoderUserError(
    `${login} cannot be given a task: ${reason}. Sign in to Coder with this GitHub account (or link it in Coder under Account, External authentication), or ask an operator to add "${login}=CODERUSER" to CODER_USER_MAP.`,
  );
}
