import { isRefusal, TaskBusyError, TemplateNotFoundError, TransientError } from "../../model/errors.js";
import type { Person } from "../../model/event.js";
import type { TaskView } from "../../model/phase.js";
import type { Factory } from "../../model/plan.js";
import type { TaskKey, TaskLocation } from "../../model/record.js";
import type { WorkIdentity } from "../../model/work.js";
import type { ApiProbe } from "../api-probe.js";
import { type CoderClient, isRouteMissing } from "../client.js";
import type { TaskMarks } from "../mark.js";
import { apiHasMoved, unreachableTask } from "../missing-api.js";
import type {
  CoderBackend,
  CoderTask,
  CreateTask,
  NameConflict,
  Reception,
  SendOutcome,
  TaskSpecification,
} from "../port.js";
import type { CoderTemplates, TemplateChoice } from "../templates.js";
import type { CoderUsers } from "../users.js";
import { deleteWorkspace } from "../workspaces.js";
import { SilentTaskAgents } from "./silent-agents.js";
import { type ApiTask, logsSchema, taskListSchema, taskPath, taskSchema } from "./task.js";
import { inputOf, isMarkedFor } from "./task-input.js";
import { viewOf } from "./task-view.js";

/** Coder dials a workspace for up to 30 s and types for up to 15 s before it answers a send. */
const sendTimeoutMs = 60_000;

/** Coder's messages about a busy agent. */
const notReady = /Status: running|not ready/i;

/** The name that the documentation gives to the template. */
export const defaultTemplate = "task-template";

/** The Tasks API, `/api/v2/tasks`: Coder 2.29 to 2.36. */
export class TasksBackend implements CoderBackend {
  readonly api = "tasks" as const;
  /** Coder shows only the agent's own report, which people can see in Coder anyway. */
  readonly reportsProgress = false;
  readonly silentAgents: SilentTaskAgents;

  constructor(
    private readonly client: CoderClient,
    private readonly users: CoderUsers,
    private readonly templates: CoderTemplates,
    private readonly probe: ApiProbe,
    private readonly marks: TaskMarks,
  ) {
    this.silentAgents = new SilentTaskAgents(client);
  }

  async ownerOf(person: Person | null): Promise<string> {
    return (await this.users.of(person)).username;
  }

  async prepare(factory: Factory | null): Promise<CreateTask> {
    const template = await this.templates
      .templateFor(factory, defaultTemplate)
      .catch(async (error: unknown) => {
        if (!(error instanceof TemplateNotFoundError)) throw error;
        // This answer is cached or being requested right now; a new answer must not be forgotten.
        if (!(await this.probe.has(this.api))) throw apiHasMoved(this.api);
        // The template may have been removed in a move to Chats.
        this.probe.forget();
        throw (await this.probe.has(this.api)) ? error : apiHasMoved(this.api);
      });
    return (specification) => this.#create(specification, template);
  }

  async find(location: TaskLocation, key: TaskKey): Promise<CoderTask | undefined> {
    const { owner, id, name } = location;
    try {
      const task = await this.client.get(taskPath(owner, id ?? name), taskSchema);
      return id !== undefined || (await isMarkedFor(task, key, this.marks)) ? this.#toTask(task) : undefined;
    } catch (error) {
      if (!isRefusal(error, 404)) throw error;
      if (!isRouteMissing(error)) return undefined;
      this.probe.forget();
      return unreachableTask(location);
    }
  }

  /**
   * If two creations run at once, Coder answers with a 500. So whenever the outcome is uncertain, look up the task first.
   */
  async #create(
    specification: TaskSpecification,
    template: TemplateChoice | undefined,
  ): Promise<CoderTask | NameConflict> {
    const { owner, name, displayName, work } = specification;
    const input = await inputOf(specification, this.marks);
    const body = {
      name,
      display_name: displayName,
      input,
      template_version_id: template?.versionId,
      ...(template?.presetId !== undefined && { template_version_preset_id: template.presetId }),
    };
    try {
      const path = `/api/v2/tasks/${encodeURIComponent(owner)}`;
      return this.#toTask(await this.client.post(path, body, taskSchema));
    } catch (error) {
      if (isRouteMissing(error)) {
        this.probe.forget();
        throw apiHasMoved(this.api);
      }
      const isTaken = isRefusal(error, 409);
      if (!isTaken && !(error instanceof TransientError)) throw error;
      const found = await this.#get(owner, name);
      if (found && !(await isMarkedFor(found, work, this.marks))) return "taken";
      if (found) return { ...this.#toTask(found), isOfAnotherDelivery: found.initial_prompt !== input };
      if (isTaken) return "held";
      throw error;
    }
  }

  async #get(owner: string, task: string): Promise<ApiTask | undefined> {
    return this.client.get(taskPath(owner, task), taskSchema).catch((error: unknown) => {
      if (isRefusal(error, 404)) return undefined;
      throw error;
    });
  }

  /** The requester owns the task and can open it. */
  async share(): Promise<void> {}

  async resume(task: CoderTask): Promise<void> {
    try {
      await this.#build(task, "resume", "start");
    } catch (error) {
      if (!isRefusal(error, 409)) throw error;
      // 409 is both "it runs already" and "a build is active", which may be the one that stops it.
      const now = await this.#get(task.owner, task.id);
      const phase = now && viewOf(now).phase;
      if (phase === "paused" || phase === "broken") throw busy(task);
    }
  }

  /** When a workspace restarts, its agent continues the same conversation. */
  async continueTurn(): Promise<void> {}

  async send(task: CoderTask, text: string): Promise<SendOutcome> {
    try {
      const path = `${taskPath(task.owner, task.id)}/send`;
      await this.client.request("POST", path, { input: text }, { timeoutMs: sendTimeoutMs });
      return "sent";
    } catch (error) {
      // 409 is "not active" or "not ready for input"; servers before 2.31 say 400 for the first.
      if (isRefusal(error, 400, 409)) return "busy";
      if (isRefusal(error, 404)) {
        if (isRouteMissing(error) || !(await this.#get(task.owner, task.id))) return "gone";
        throw error;
      }
      if (!(error instanceof TransientError)) throw error;
      // Servers before 2.32 say 502 for a busy agent; any other 502 can come after the text was typed.
      return error.answer?.status === 502 && notReady.test(error.answer.reason) ? "busy" : "unknown";
    }
  }

  async reception(task: CoderTask, token: string): Promise<Reception> {
    const path = `${taskPath(task.owner, task.id)}/logs`;
    const answer = await this.client.get(path, logsSchema).catch((error: unknown) => {
      if (isRefusal(error, 400, 404, 409)) return undefined;
      throw error;
    });
    const inputs = answer?.logs?.filter(({ type }) => type === "input") ?? [];
    // The log shows the typed text wrapped at the terminal's width.
    const typed = inputs.map(({ content }) => content.replace(/\s+/g, "")).join("\n");
    if (typed.includes(token.replace(/\s+/g, ""))) return "received";
    return !answer || answer.snapshot || inputs.length === 0 ? "unclear" : "not received";
  }

  async stop(task: CoderTask): Promise<void> {
    if (task.view.phase === "paused") return;
    await this.#whenIdle(task, () => this.#build(task, "pause", "stop"));
  }

  async remove(location: TaskLocation, key: TaskKey): Promise<void> {
    const task = location.id === undefined ? await this.find(location, key) : location;
    if (task?.id === undefined) return;
    const path = taskPath(task.owner, task.id);
    try {
      await this.#whenIdle(task, () => this.client.request("DELETE", path));
    } catch (error) {
      if (!isRouteMissing(error)) throw error;
      // The workspaces of tasks outlive the Tasks API.
      if (task.workspaceId !== undefined) await deleteWorkspace(this.client, task.workspaceId);
    }
  }

  async views(): Promise<ReadonlyMap<string, TaskView>> {
    return new Map((await this.#list()).map((task) => [task.id, viewOf(task)]));
  }

  async search(work: WorkIdentity): Promise<CoderTask | undefined> {
    for (const task of await this.#list()) {
      if (await isMarkedFor(task, work, this.marks)) return this.#toTask(task);
    }
    return undefined;
  }

  /** The tasks of all users; this list has no pages. */
  async #list(): Promise<ApiTask[]> {
    return (await this.client.get("/api/v2/tasks", taskListSchema)).tasks ?? [];
  }

  /** Pauses or resumes. Servers before 2.32 lack these routes and take a workspace build instead. */
  async #build(task: CoderTask, action: "pause" | "resume", transition: "stop" | "start"): Promise<void> {
    try {
      await this.client.request("POST", `${taskPath(task.owner, task.id)}/${action}`);
    } catch (error) {
      if (!isRouteMissing(error)) throw error;
      const { workspace_id: workspace } = await this.client.get(taskPath(task.owner, task.id), taskSchema);
      if (!workspace) throw busy(task);
      await this.client.request("POST", `/api/v2/workspaces/${workspace}/builds`, { transition });
    }
  }

  async #whenIdle(task: TaskLocation, change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (isRefusal(error, 409)) throw busy(task);
      if (!isRefusal(error, 404) || isRouteMissing(error)) throw error;
    }
  }

  #toTask(task: ApiTask): CoderTask {
    return {
      backend: this.api,
      owner: task.owner_name,
      name: task.name,
      id: task.id,
      url: `${this.client.url}/tasks/${encodeURIComponent(task.owner_name)}/${task.id}`,
      view: viewOf(task),
      ...(task.workspace_id && { workspaceId: task.workspace_id }),
    };
  }
}

function busy(task: TaskLocation): TaskBusyError {
  return new TaskBusyError(
    `A workspace build of the task ${task.owner}/${task.name} is active. It is retried.`,
  );
}
