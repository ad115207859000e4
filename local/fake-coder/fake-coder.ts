import { HttpServer } from "../http/http-server.js";
import { CoderApi } from "./api/coder-api.js";
import { Timers } from "./api/timers.js";
import type { FakeUser, NewUser, UserRole } from "./api/user.js";
import type { CoderVersion, Release } from "./api/version.js";
import type { FakeChat } from "./chats/chat.js";
import { type ChatSettings, ChatsApi } from "./chats/chats-api.js";
import { TaskConversation } from "./tasks/conversation.js";
import { TaskCreation } from "./tasks/create-task.js";
import type { FakeTask } from "./tasks/fake-task.js";
import { Tasks } from "./tasks/tasks.js";
import { Authorization } from "./users/authorization.js";
import { Organizations } from "./users/organizations.js";
import { type FakeToken, Tokens } from "./users/tokens.js";
import { Users } from "./users/users.js";
import { type FakeTemplate, type NewPreset, type NewTemplate, Templates } from "./workspaces/templates.js";
import type { FakeWorkspace } from "./workspaces/workspace.js";
import { WorkspaceCreation } from "./workspaces/workspace-creation.js";
import { Workspaces } from "./workspaces/workspaces.js";

export interface FakeCoderOptions extends ChatSettings {
  /** Default: 2.34, the last supported release that has Tasks without a flag. */
  version?: CoderVersion;
  token?: string;
  /** Milliseconds from a start until the task is active. The default of this and of the other times is 20. */
  bootMs?: number;
  /** Milliseconds of a delete build, during which the name stays taken. */
  deleteMs?: number;
  stopMs?: number;
  /** Milliseconds that the agent works on each text. */
  turnMs?: number;
  /** Lets two concurrent creates both find the name free, so that the later one gets a 500 instead of a 409. */
  raceCreates?: boolean;
  /** Whether the server has the Tasks API. Default: as in the version. */
  tasks?: boolean;
  /** Whether the server has the Chats API, under the version's paths. Default: as in the version. */
  chats?: boolean;
  /** Whether only a chat's owner may change its queue. Default: as in the version. */
  queueEdits?: boolean;
}

/**
 * The part of Coder that the relay uses: users, templates, workspaces, the Tasks API and the Chats API, with state and
 * simulated agents. It refuses whatever the real one refuses. `http` records calls and injects faults.
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
  readonly #api: CoderApi;
  readonly #tokens: Tokens;
  readonly #chatsApi: ChatsApi;

  constructor(options: FakeCoderOptions = {}) {
    this.token = options.token ?? "fake-session-token";
    const { bootMs = 20, deleteMs = 20, stopMs = 20, turnMs = 20 } = options;
    const users = this.#users;
    const tokens = new Tokens(users, this.token);
    const version = options.version ?? "2.34";
    const api = new CoderApi(this.http, (token) => tokens.callerOf(token));
    api.become(version, differences(options));
    const timers = this.#timers;
    const templates = this.#templates;
    const workspaces = new Workspaces({ bootMs, deleteMs, stopMs, turnMs }, timers);
    const conversation = new TaskConversation(api);
    const race = options.raceCreates ?? false;
    const creation = new TaskCreation({ users, templates, workspaces, timers, turnMs, race });
    const organizations = this.#organizations;
    this.#tasks = new Tasks({ api, users, organizations, workspaces, creation, conversation });
    this.#workspaces = workspaces;
    this.#conversation = conversation;
    this.#tokens = tokens;
    this.#api = api;

    const release = () => api.release;
    const world = { organizations, users, workspaces, timers, turnMs, release };
    this.#chatsApi = new ChatsApi({ ...world, settings: options });

    const creations = new WorkspaceCreation(users, templates, workspaces);
    const parts = [
      organizations,
      users,
      new Authorization(users),
      tokens,
      templates,
      workspaces,
      creations,
      this.#tasks,
      this.#chatsApi,
    ];
    for (const part of parts) part.routes(api);
  }

  /** Returns the base URL, without a trailing slash. */
  listen(port?: number): Promise<string> {
    return this.http.listen(port);
  }

  /** Stops listening and cancels all timers. */
  async close(): Promise<void> {
    this.#timers.close();
    await this.http.close();
  }

  get url(): string {
    return this.http.url;
  }

  /** Changes the server's version and keeps its data; features that the new version lacks become unavailable. */
  upgrade(
    version: CoderVersion,
    options: Pick<FakeCoderOptions, "tasks" | "chats" | "queueEdits"> = {},
  ): void {
    this.#api.become(version, differences(options));
  }

  addUser(user: NewUser): FakeUser {
    return this.#users.add(user);
  }

  addTemplate(template: NewTemplate): FakeTemplate {
    return this.#templates.add(template);
  }

  /** Adds a new active version to a template. */
  publishVersion(template: FakeTemplate, presets?: NewPreset[] | null): void {
    this.#templates.publish(template, presets);
  }

  /** Creates a workspace without a task. It also takes up its name. */
  addWorkspace(name: string, owner: FakeUser, template: FakeTemplate): FakeWorkspace {
    const version = template.versions.at(-1) ?? this.#templates.publish(template);
    return this.#workspaces.create({ name, owner, version });
  }

  /** The user of `token`. */
  get bot(): FakeUser {
    return this.#users.bot;
  }

  /** The rights of the token's user, `relay-bot`. Initially a site owner. */
  setTokenRole(role: UserRole): void {
    this.#users.bot.role = role;
  }

  /** A token that a user creates for themselves. */
  mintToken(user: FakeUser): FakeToken {
    return this.#tokens.mint(user);
  }

  /** The tokens that were minted for users and have not been deleted. */
  mintedTokens(): readonly FakeToken[] {
    return this.#tokens.minted;
  }

  /** Turns the AI Gateway off or on. While it is off, chats can only be read. */
  turnGatewayOff(off = true): void {
    this.#chatsApi.gatewayOff = off;
  }

  /** Makes starts answer 403, as with an exhausted license, or lets them work again. */
  forbidStarts(forbidden = true): void {
    this.#workspaces.startsForbidden = forbidden;
  }

  /** Makes the next `times` sends answer 502 although their text has arrived. */
  fail502AfterEffect(times = 1): void {
    this.#conversation.failuresAfterEffect = times;
  }

  /** The tasks that are not deleted, the oldest first. */
  tasks(): FakeTask[] {
    return this.#tasks.live;
  }

  /** The live task with this name, case-insensitive, of any owner. */
  task(name: string): FakeTask | undefined {
    return this.#tasks.live.find((task) => task.name.toLowerCase() === name.toLowerCase());
  }

  deletedTasks(): FakeTask[] {
    return this.#tasks.deleted;
  }

  /** The chats that are not archived, the oldest first. */
  chats(): FakeChat[] {
    return this.#chatsApi.chats.all.filter(({ archived }) => !archived);
  }

  archivedChats(): FakeChat[] {
    return this.#chatsApi.chats.all.filter(({ archived }) => archived);
  }

  /** The chat with this id, or the newest unarchived one with a label of this value. */
  chat(idOrLabel: string): FakeChat | undefined {
    const byId = this.#chatsApi.chats.all.find(({ id }) => id === idOrLabel);
    return byId ?? this.chats().findLast(({ labels }) => Object.values(labels).includes(idOrLabel));
  }

  /** The workspaces that are not deleted. A deleted task's workspace exists until its delete build has succeeded. */
  workspaces(): FakeWorkspace[] {
    return this.#workspaces.live;
  }
}

function differences(options: Pick<FakeCoderOptions, "tasks" | "chats" | "queueEdits">): Partial<Release> {
  const { tasks, chats, queueEdits } = options;
  return {
    ...(tasks !== undefined && { tasks }),
    ...(chats !== undefined && { chats }),
    ...(queueEdits !== undefined && { queueEdits }),
  };
}
