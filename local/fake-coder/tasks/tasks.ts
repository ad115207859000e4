import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import type { Access } from "../api/access.js";
import { type CoderApi, isUuid, jsonObject, notFound, Refusal, textField } from "../api/coder-api.js";
import { badSearch, parseSearch } from "../api/search-query.js";
import type { Organizations } from "../users/organizations.js";
import type { Users } from "../users/users.js";
import type { FakeBuild } from "../workspaces/workspace.js";
import { buildJson, type Workspaces } from "../workspaces/workspaces.js";
import type { TaskConversation } from "./conversation.js";
import type { TaskCreation } from "./create-task.js";
import { type FakeTask, taskJson } from "./fake-task.js";

const statuses = ["pending", "initializing", "active", "paused", "error", "unknown"];
const badQuery = "Invalid task search query.";

export interface TasksParts {
  api: CoderApi;
  users: Users;
  organizations: Organizations;
  workspaces: Workspaces;
  creation: TaskCreation;
  conversation: TaskConversation;
}

/** The Tasks API. Coder 2.29 to 2.36 serves it under two paths. */
export class Tasks {
  readonly #all: FakeTask[] = [];

  constructor(private readonly parts: TasksParts) {}

  get live(): FakeTask[] {
    return this.#all.filter(({ deletedAt }) => deletedAt === undefined);
  }

  get deleted(): FakeTask[] {
    return this.#all.filter(({ deletedAt }) => deletedAt !== undefined);
  }

  routes(): void {
    const { api, conversation } = this.parts;
    const hasTasks = () => api.release.tasks;
    const hasPause = () => hasTasks() && api.isModern;
    for (const base of ["/api/v2/tasks", "/api/experimental/tasks"]) {
      const one = `${base}/:user/:task`;
      const route = (method: string, path: string, handle: TaskHandler, isThere = hasTasks) =>
        api.route(
          method,
          path,
          (request, caller) => handle(this.#find(request, caller), request, caller),
          isThere,
        );
      api.route("GET", base, ({ query }, caller) => this.#list(query.get("q") ?? "", caller), hasTasks);
      api.route("POST", `${base}/:user`, (request, caller) => this.#create(request, caller), hasTasks);
      route("GET", one, (task) => ({ status: 200, body: this.#json(task) }));
      route("DELETE", one, (task) => this.#delete(task));
      route("PATCH", `${one}/input`, setInput);
      route("POST", `${one}/send`, (task, request, caller) => conversation.send(task, request, caller));
      route("GET", `${one}/logs`, (task, _, caller) => conversation.logs(task, caller));
      route("POST", `${one}/pause`, pause, hasPause);
      route("POST", `${one}/resume`, (task) => this.#resume(task), hasPause);
    }
  }

  /** An id is looked up among all tasks, a name among those of the user in the path. */
  #find({ params }: HttpRequest, caller: Access): FakeTask {
    const { users } = this.parts;
    const user = users.find(params.user ?? "", caller);
    const ref = (params.task ?? "").toLowerCase();
    const found = this.live.find((task) =>
      isUuid(ref) ? task.id === ref : task.workspace.owner === user && task.name.toLowerCase() === ref,
    );
    if (!user || !found || !caller.managesWorkspacesOf(found.workspace.owner)) throw notFound();
    return found;
  }

  #json(task: FakeTask) {
    return taskJson(task, this.parts.api.version);
  }

  /** All tasks, the newest first. This list has no pages. */
  #list(q: string, caller: Access): HttpReply {
    const { users, organizations } = this.parts;
    const { terms, words } = parseSearch(q, ["owner", "organization", "status"], badQuery);
    const ownerRef = terms.get("owner")?.[0] ?? words[0];
    const owner = ownerRef === undefined ? undefined : users.find(ownerRef, caller);
    if (ownerRef !== undefined && !owner) throw badSearch(badQuery, [missing("owner", "User", ownerRef)]);
    const organizationRef = terms.get("organization")?.[0];
    const organization = organizationRef === undefined ? undefined : organizations.find(organizationRef);
    if (organizationRef !== undefined && !organization) {
      throw badSearch(badQuery, [missing("organization", "Organization", organizationRef)]);
    }
    const status = terms.get("status")?.[0];
    if (status !== undefined && !statuses.includes(status)) {
      const detail = `pq: invalid input value for enum task_status: "${status}"`;
      throw new Refusal(500, "Internal error fetching tasks.", detail);
    }
    const tasks = this.live
      .filter((task) => caller.managesWorkspacesOf(task.workspace.owner))
      .filter((task) => !owner || task.workspace.owner === owner)
      .filter((task) => !organization || task.workspace.version.template.organization === organization)
      .filter((task) => status === undefined || task.status === status)
      .reverse()
      .map((task) => this.#json(task));
    return { status: 200, body: { tasks, count: tasks.length } };
  }

  async #create(request: HttpRequest, caller: Access): Promise<HttpReply> {
    const task = await this.parts.creation.create(request, caller);
    this.#all.push(task);
    return { status: 201, body: this.#json(task) };
  }

  /** Deletes the task at once. Its workspace, which holds the name, is deleted when the build has finished. */
  #delete(task: FakeTask): HttpReply {
    if (!task.workspace.isDeleted) task.workspace.build("delete");
    task.deletedAt = new Date().toISOString();
    return { status: 202 };
  }

  #resume(task: FakeTask): HttpReply {
    const { workspace } = task;
    if (workspace.status === "running") {
      throw new Refusal(409, "Task workspace is already running.", 'Workspace status is "running".');
    }
    this.parts.workspaces.assertMayStart();
    return started(task, workspace.build("start", "task_resume"));
  }
}

type TaskHandler = (task: FakeTask, request: HttpRequest, caller: Access) => HttpReply;

function pause(task: FakeTask): HttpReply {
  return started(task, task.workspace.build("stop", "task_manual_pause"));
}

function started(task: FakeTask, build: FakeBuild): HttpReply {
  return { status: 202, body: { workspace_build: buildJson(task.workspace, build) } };
}

/** Changes the task's initial prompt; sends no message. */
function setInput(task: FakeTask, request: HttpRequest): HttpReply {
  const input = textField(jsonObject(request), "input") ?? "";
  if (input.trim() === "") throw new Refusal(400, "Task input is required.");
  if (task.status !== "paused") {
    throw new Refusal(
      409,
      "Unable to update task input, task must be paused.",
      "Please stop the task's workspace before updating the input.",
    );
  }
  task.initialPrompt = input;
  return { status: 204 };
}

function missing(field: string, what: string, ref: string) {
  return { field, detail: `${what} "${ref}" either does not exist, or you are unauthorized to view it` };
}
