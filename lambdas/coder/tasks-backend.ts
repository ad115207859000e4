import * as z from "zod/mini";
import { isRefusal, RefusedRequestError, TaskBusyError, TransientError } from "../errors.js";
import { namesIssue } from "../tasks/name.js";
import type { TaskLocation } from "../tasks/record.js";
import type { CoderClient } from "./client.js";
import type {
  CoderBackend,
  CoderTask,
  Phase,
  Reception,
  SendOutcome,
  TaskSpecification,
  TaskView,
} from "./port.js";

/** The fields of Coder's Task that the relay reads (codersdk/aitasks.go). Enums stay open. */
const taskSchema = z.object({
  id: z.string(),
  name: z.string(),
  owner_name: z.string(),
  initial_prompt: z._default(z.string(), ""),
  status: z.string(),
  workspace_id: z.optional(z.nullable(z.string())),
  current_state: z.optional(z.nullable(z.object({ state: z.optional(z.nullable(z.string())) }))),
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

/** Coder's word for a path that the server does not have: an older or a newer server. */
const noRoute = /^Route not found/;

/** The Tasks API, `/api/v2/tasks`: Coder 2.29 to 2.36. */
export class TasksBackend implements CoderBackend {
  constructor(private readonly client: CoderClient) {}

  async find({ owner, id, name }: TaskLocation): Promise<CoderTask | undefined> {
    try {
      return this.#toTask(await this.client.get(taskPath(owner, id ?? name), taskSchema));
    } catch (error) {
      if (isRefusal(error, 404) && !noRoute.test(error.reason)) return undefined;
      throw error;
    }
  }

  async create({ owner, name, displayName, prompt, template }: TaskSpecification): Promise<CoderTask> {
    const body = {
      name,
      display_name: displayName,
      input: prompt,
      template_version_id: template.versionId,
      ...(template.presetId !== undefined && { template_version_preset_id: template.presetId }),
    };
    const path = `/api/v2/tasks/${encodeURIComponent(owner)}`;
    return this.#toTask(await this.client.post(path, body, taskSchema));
  }

  async resume(task: CoderTask): Promise<void> {
    try {
      await this.#build(task, "resume", "start");
    } catch (error) {
      if (!isRefusal(error, 409)) throw error;
      // 409 is both "it runs already" and "a build is active", which may be the one that stops it.
      const now = await this.find(task);
      if (now?.view.phase === "paused" || now?.view.phase === "broken") throw busy(task);
    }
  }

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
        if (!(await this.find(task))) return "gone";
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

  async remove(task: CoderTask): Promise<void> {
    await this.#whenIdle(task, () => this.client.request("DELETE", taskPath(task.owner, task.id)));
  }

  async search(issueUrl: string): Promise<CoderTask | undefined> {
    const { tasks } = await this.client.get("/api/v2/tasks", taskListSchema);
    const found = tasks?.find((task) => namesIssue(task.initial_prompt, issueUrl));
    return found && this.#toTask(found);
  }

  /** Pauses or resumes; servers before 2.32 lack the routes and take a workspace build instead. */
  async #build(task: CoderTask, action: "pause" | "resume", transition: "stop" | "start"): Promise<void> {
    try {
      await this.client.request("POST", `${taskPath(task.owner, task.id)}/${action}`);
    } catch (error) {
      if (!isRefusal(error, 404) || !noRoute.test(error.reason)) throw error;
      const { workspace_id: workspace } = await this.client.get(taskPath(task.owner, task.id), taskSchema);
      if (!workspace) throw busy(task);
      await this.client.request("POST", `/api/v2/workspaces/${workspace}/builds`, { transition });
    }
  }

  async #whenIdle(task: CoderTask, change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (isRefusal(error, 409)) throw busy(task);
      if (!(error instanceof RefusedRequestError && error.status === 404)) throw error;
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
      prompt: task.initial_prompt,
    };
  }
}

function taskPath(owner: string, task: string): string {
  return `/api/v2/tasks/${encodeURIComponent(owner)}/${encodeURIComponent(task)}`;
}

function busy(task: CoderTask): TaskBusyError {
  return new TaskBusyError(
    `A workspace build of the task ${task.owner}/${task.name} is active. It is retried.`,
  );
}

function viewOf({ status, current_state }: ApiTask): TaskView {
  const state = current_state?.state;
  if (status === "active" && !state) return { phase: "working", status, silent: true };
  return { phase: phaseOf(status, state ?? ""), status };
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
const listening = ["idle", "complete", "completed", "failed", "failure"];

function phaseOf(status: string, state: string): Phase {
  if (status === "active") return listening.includes(state) ? "ready" : "working";
  return phases[status] ?? "working";
}
