import * as z from "zod/mini";
import { isRefusal, TaskBusyError, TemplateNotFoundError, TransientError } from "../model/errors.js";
import type { Person } from "../model/event.js";
import type { Phase, TaskView } from "../model/phase.js";
import type { Factory } from "../model/plan.js";
import type { TaskKey, TaskLocation } from "../model/record.js";
import type { WorkIdentity } from "../model/work.js";
import { cleanText, oneLine } from "../text/clean.js";
import { withEscapedInvisibles } from "../text/invisible.js";
import type { ApiProbe } from "./api-probe.js";
import { type CoderClient, isRouteMissing } from "./client.js";
import type { CoderDirectory, TemplateChoice } from "./directory.js";
import { lineOfMark, markOfPrompt, type TaskMarks } from "./mark.js";
import type {
  CoderBackend,
  CoderTask,
  CreateTask,
  NameConflict,
  Reception,
  SendOutcome,
  TaskSpecification,
} from "./port.js";
import { deleteWorkspace } from "./workspaces.js";

const text = z.optional(z.nullable(z.string()));

/** The fields of Coder's Task that the relay reads (codersdk/aitasks.go). Enums stay open. */
const taskSchema = z.object({
  id: z.string(),
  name: z.string(),
  owner_name: z.string(),
  initial_prompt: z._default(z.string(), ""),
  status: z.string(),
  workspace_id: z.optional(z.nullable(z.string())),
  current_state: z.optional(z.nullable(z.object({ timestamp: text, state: text, message: text, uri: text }))),
});
const taskListSchema = z.object({ tasks: z.nullable(z.array(taskSchema)) });
const logsSchema = z.object({
  logs: z.nullable(z.array(z.object({ type: z.string(), content: z.string() }))),
  snapshot: z.optional(z.boolean()),
});
type ApiTask = z.output<typeof taskSchema>;

/** Coder dials a workspace for up to 30 s and types for up to 15 s before it answers a send. */
const sendTimeoutMs = 60_000;

/** Coder's words for an agent that is busy. */
const notReady = /Status: running|not ready/i;

/** Of each part of an agent's report, in characters. Coder keeps 160 of a message. */
const reportLength = 300;

/** What the template is called that the documentation makes. */
const defaultTemplate = "task-template";

const vanished =
  "The Coder server no longer has the Tasks API that this task was made with, so nobody can speak to its agent any more.";

/** The Tasks API, `/api/v2/tasks`: Coder 2.29 to 2.36. */
export class TasksBackend implements CoderBackend {
  readonly api = "tasks" as const;
  /** An agent's own report is all there is: it is shown where somebody looks anyway. */
  readonly reportsProgress = false;

  constructor(
    private readonly client: CoderClient,
    private readonly directory: CoderDirectory,
    private readonly probe: ApiProbe,
    private readonly marks: TaskMarks,
  ) {}

  async ownerOf(person: Person | null): Promise<string> {
    return (await (person ? this.directory.userOf(person) : this.directory.serviceUser())).username;
  }

  async prepare(factory: Factory | null): Promise<CreateTask> {
    const template = await this.directory
      .templateFor(factory, defaultTemplate)
      .catch(async (error: unknown) => {
        if (!(error instanceof TemplateNotFoundError)) throw error;
        // A move to Chats may have taken the template with it.
        this.probe.forget();
        throw (await this.probe.has(this.api)) ? error : hasMoved();
      });
    return (specification) => this.#create(specification, template);
  }

  async find(location: TaskLocation, key: TaskKey): Promise<CoderTask | undefined> {
    const { owner, id, name } = location;
    try {
      const task = await this.client.get(taskPath(owner, id ?? name), taskSchema);
      return id !== undefined || (await this.#isOurs(task, key)) ? this.#toTask(task) : undefined;
    } catch (error) {
      if (!isRefusal(error, 404)) throw error;
      if (isRouteMissing(error)) this.probe.forget();
      if (!isRouteMissing(error) || id === undefined) return undefined;
      const view: TaskView = { phase: "gone", status: "without an API", report: vanished };
      return { ...location, id, url: location.url ?? "", view };
    }
  }

  /** Two creations at once get a 500 from Coder. So after any doubt it looks before anything else. */
  async #create(
    specification: TaskSpecification,
    template: TemplateChoice | undefined,
  ): Promise<CoderTask | NameConflict> {
    const { owner, name, displayName, work } = specification;
    const input = await this.#inputOf(specification);
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
        throw hasMoved();
      }
      const isTaken = isRefusal(error, 409);
      if (!isTaken && !(error instanceof TransientError)) throw error;
      const found = await this.#get(owner, name);
      if (found && !(await this.#isOurs(found, work))) return "taken";
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

  /** Its owner can open it as it is. */
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

  /** A workspace that starts again starts its agent with the conversation that it had. */
  async continueTurn(): Promise<void> {}

  async send(task: CoderTask, text: string): Promise<SendOutcome> {
    try {
      await this.client.request(
        "POST",
        `${taskPath(task.owner, task.id)}/send`,
        { input: text },
        { timeoutMs: sendTimeoutMs },
      );
      return "sent";
    } catch (error) {
      // 409 is "not active" or "not ready for input"; servers before 2.31 say 400 for the first.
      if (isRefusal(error, 400, 409)) return "busy";
      if (isRefusal(error, 404)) {
        if (isRouteMissing(error) || !(await this.#get(task.owner, task.id))) return "gone";
        throw error;
      }
      if (!(error instanceof TransientError)) throw error;
      // Servers before 2.32 say 502 for an agent that is busy; any other 502 can come after the text was typed.
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
    // What was typed comes back wrapped at the terminal's width.
    const heard = inputs.map(({ content }) => content.replace(/\s+/g, "")).join("\n");
    if (heard.includes(token.replace(/\s+/g, ""))) return "received";
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

  async search(work: WorkIdentity): Promise<CoderTask | undefined> {
    const { tasks } = await this.client.get("/api/v2/tasks", taskListSchema);
    for (const task of tasks ?? []) if (await this.#isOurs(task, work)) return this.#toTask(task);
    return undefined;
  }

  /** Whether the relay has made a task that was not found by its id, for this work. */
  #isOurs({ owner_name: owner, name, initial_prompt }: ApiTask, key: TaskKey): Promise<boolean> {
    const { repositoryId, work } = key;
    const mark = markOfPrompt(promptOf(initial_prompt));
    return this.marks.proves(mark, { backend: this.api, owner, name, repositoryId, work });
  }

  /** The agent's first words, with the task's mark as their last line. The factory template takes them in JSON. */
  async #inputOf({ prompt, factory, owner, name, work }: TaskSpecification): Promise<string> {
    const task = { backend: this.api, owner, name, repositoryId: work.repositoryId, work: work.work };
    const marked = `${prompt}\n\n${lineOfMark(await this.marks.markOf(task))}`;
    // In JSON, everything can be seen by its escape.
    return factory ? withEscapedInvisibles(JSON.stringify({ ...factory, ai_prompt: marked })) : marked;
  }

  /** Pauses or resumes; servers before 2.32 lack the routes and take a workspace build instead. */
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
      backend: "tasks",
      owner: task.owner_name,
      name: task.name,
      id: task.id,
      url: `${this.client.url}/tasks/${encodeURIComponent(task.owner_name)}/${task.id}`,
      view: viewOf(task),
      ...(task.workspace_id && { workspaceId: task.workspace_id }),
    };
  }
}

/** The agent's first words out of a task's input, which is JSON for the factory template. */
function promptOf(input: string): string {
  try {
    const { ai_prompt: prompt } = JSON.parse(input) as { ai_prompt?: unknown };
    return typeof prompt === "string" ? prompt : "";
  } catch {
    return input;
  }
}

function hasMoved(): TransientError {
  return new TransientError("Coder has no Tasks API any more. It is retried with what Coder has now.");
}

function taskPath(owner: string, task: string): string {
  return `/api/v2/tasks/${encodeURIComponent(owner)}/${encodeURIComponent(task)}`;
}

function busy(task: TaskLocation): TaskBusyError {
  return new TaskBusyError(
    `A workspace build of the task ${task.owner}/${task.name} is active. It is retried.`,
  );
}

function viewOf({ status, current_state }: ApiTask): TaskView {
  const state = current_state?.state;
  if (status === "active" && !state) return { phase: "working", status, silent: true };
  const report = status === "active" ? reportOf(current_state ?? {}) : "";
  const hasFailed = status === "active" && failed.includes(state ?? "");
  return {
    phase: phaseOf(status, state ?? ""),
    status,
    ...sinceOf(current_state?.timestamp),
    ...(hasFailed && { hasFailed }),
    ...(report !== "" && { report }),
  };
}

function sinceOf(timestamp: string | null | undefined): Pick<TaskView, "since"> {
  const since = Date.parse(timestamp ?? "");
  return Number.isNaN(since) ? {} : { since };
}

/** What the agent has reported of its work, for people: a link, a pull request's often, and a message. */
function reportOf({ state, message, uri }: NonNullable<ApiTask["current_state"]>): string {
  const link = uri && /^https:\/\/\S+$/.test(uri) ? `Link: ${oneLine(cleanText(uri), reportLength)}` : "";
  const words = message
    ? `The agent says (${oneLine(cleanText(state ?? ""), reportLength)}): ${oneLine(cleanText(message), reportLength)}`
    : "";
  return [link, words].filter((line) => line !== "").join("\n");
}

const phases: Record<string, Phase> = {
  pending: "starting",
  initializing: "starting",
  paused: "paused",
  error: "broken",
  // In practice: a stop or delete build runs, or the agent is shutting down.
  unknown: "broken",
};

/** Agents report `working`, `idle`, `complete`, `failed` (`failure` on older servers): all but the first listen. */
const failed = ["failed", "failure"];
const listening = ["idle", "complete", "completed", ...failed];

function phaseOf(status: string, state: string): Phase {
  if (status === "active") return listening.includes(state) ? "ready" : "working";
  return phases[status] ?? "working";
}
