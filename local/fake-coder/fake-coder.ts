import { HttpServer } from "../http-server.js";
import type { TokenRole } from "./access.js";
import { CoderApi, type CoderVersion } from "./coder-api.js";
import { TaskCreation } from "./create-task.js";
import type { FakeTask } from "./fake-task.js";
import { Organizations } from "./organizations.js";
import { TaskConversation } from "./task-conversation.js";
import { Tasks } from "./tasks.js";
import { type FakeTemplate, type NewPreset, type NewTemplate, Templates } from "./templates.js";
import { Timers } from "./timers.js";
import { type FakeUser, type NewUser, Users } from "./users.js";
import type { FakeWorkspace } from "./workspace.js";
import { Workspaces } from "./workspaces.js";

export interface FakeCoderOptions {
  /** Default: 2.34, the last release that has Tasks without a flag and keeps being supported. */
  version?: CoderVersion;
  token?: string;
  /** Milliseconds from a start until the task is active. Default: 20, as for the other times. */
  bootMs?: number;
  /** Milliseconds of a delete build, which keeps the name. */
  deleteMs?: number;
  stopMs?: number;
  /** Milliseconds that the agent works on each text. */
  turnMs?: number;
  /** Lets two creates at once both find the name free: the later one gets a 500 instead of a 409. */
  raceCreates?: boolean;
}

/**
 * Coder as far as the relay uses it: users, templates, workspaces and the Tasks API, with state and simulated
 * agents, refusing what the real one refuses. `http` holds the record of calls and takes faults.
 *
 * @example
 * const coder = new FakeCoder({ turnMs: 100 });
 * await coder.listen();
 * coder.addUser({ username: "mona", githubId: 583231 });
 * coder.addTemplate({ name: "agent", presets: [{ name: "small", default: true }] });
 */
export class FakeCoder {
  readonly http = new HttpServer();
  readonly token: string;
  readonly #timers = new Timers();
  readonly #organizations = new Organizations();
  readonly #users = new Users(this.#organizations);
  readonly #templates = new Templates(this.#organizations);
  readonly #workspaces: Workspaces;
  readonly #conversation: TaskConversation;
  readonly #tasks: Tasks;

  constructor(options: FakeCoderOptions = {}) {
    this.token = options.token ?? "fake-session-token";
    const { bootMs = 20, deleteMs = 20, stopMs = 20, turnMs = 20 } = options;
    const api = new CoderApi(this.http, this.token, options.version ?? "2.34");
    const timers = this.#timers;
    const users = this.#users;
    const templates = this.#templates;
    const workspaces = new Workspaces(users, { bootMs, deleteMs, stopMs, turnMs }, timers);
    const conversation = new TaskConversation(api, users);
    const race = options.raceCreates ?? false;
    const creation = new TaskCreation({ users, templates, workspaces, timers, turnMs, race });
    const organizations = this.#organizations;
    this.#tasks = new Tasks({ api, users, organizations, workspaces, creation, conversation });
    this.#workspaces = workspaces;
    this.#conversation = conversation;
    for (const part of [organizations, users, templates, workspaces, this.#tasks]) part.routes(api);
  }

  /** Returns the base URL, without a slash at its end. */
  listen(port?: number): Promise<string> {
    return this.http.listen(port);
  }

  /** Stops listening, and all that was to happen by itself. */
  async close(): Promise<void> {
    this.#timers.close();
    await this.http.close();
  }

  get url(): string {
    return this.http.url;
  }

  addUser(user: NewUser): FakeUser {
    return this.#users.add(user);
  }

  addTemplate(template: NewTemplate): FakeTemplate {
    return this.#templates.add(template);
  }

  /** Gives a template a new active version. */
  publishVersion(template: FakeTemplate, presets?: NewPreset[] | null): void {
    this.#templates.publish(template, presets);
  }

  /** Makes a workspace that is no task's, but holds its name all the same. */
  addWorkspace(name: string, owner: FakeUser, template: FakeTemplate): FakeWorkspace {
    const version = template.versions.at(-1) ?? this.#templates.publish(template);
    return this.#workspaces.create({ name, owner, version });
  }

  /** The rights of the token's user, `relay-bot`. A site owner at first. */
  setTokenRole(role: TokenRole): void {
    this.#users.access.role = role;
  }

  /** Makes starts answer 403 as a used up license does, or lets them work again. */
  forbidStarts(forbidden = true): void {
    this.#workspaces.startsForbidden = forbidden;
  }

  /** So many of the next sends answer 502 although their text has arrived. */
  fail502AfterEffect(times = 1): void {
    this.#conversation.failuresAfterEffect = times;
  }

  /** Those that are not deleted, the oldest first. */
  tasks(): FakeTask[] {
    return this.#tasks.live;
  }

  /** The live task of this name, in any case, whoever owns it. */
  task(name: string): FakeTask | undefined {
    return this.#tasks.live.find((task) => task.name.toLowerCase() === name.toLowerCase());
  }

  deletedTasks(): FakeTask[] {
    return this.#tasks.deleted;
  }

  /** Those that are not deleted; a deleted task's among them until its delete build has succeeded. */
  workspaces(): FakeWorkspace[] {
    return this.#workspaces.live;
  }
}
