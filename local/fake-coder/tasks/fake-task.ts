import { randomUUID } from "node:crypto";
import type { CoderVersion } from "../api/version.js";
import type { FakePreset } from "../workspaces/templates.js";
import type { FakeWorkspace } from "../workspaces/workspace.js";
import type { AgentState, AppHealth, SimulatedAgent } from "./agent.js";

export type TaskStatus = "pending" | "initializing" | "active" | "paused" | "error" | "unknown";

export interface TaskParts {
  name: string;
  displayName: string;
  initialPrompt: string;
  preset: FakePreset | undefined;
  workspace: FakeWorkspace;
  agent: SimulatedAgent;
}

/** A task as stored on the server, with methods for tests that bypass the API. */
export class FakeTask {
  readonly id = randomUUID();
  readonly createdAt = new Date().toISOString();
  /** When it was deleted through the API. Its workspace may still exist. */
  deletedAt: string | undefined;
  readonly name: string;
  readonly displayName: string;
  /** The API's `initial_prompt`, which a PATCH can change. */
  initialPrompt: string;
  readonly preset: FakePreset | undefined;
  readonly workspace: FakeWorkspace;
  readonly agent: SimulatedAgent;

  constructor(parts: TaskParts) {
    this.name = parts.name;
    this.displayName = parts.displayName;
    this.initialPrompt = parts.initialPrompt;
    this.preset = parts.preset;
    this.workspace = parts.workspace;
    this.agent = parts.agent;
  }

  /** The owner's username. */
  get owner(): string {
    return this.workspace.owner.username;
  }

  get presetId(): string | undefined {
    return this.preset?.id;
  }

  /** The texts that the agent got, in order, without the initial prompt. `at` is in ms since the epoch. */
  get inputs(): readonly { at: number; text: string }[] {
    return this.agent.inputs;
  }

  /** Computed as in Coder's database view `tasks_with_status`. */
  get status(): TaskStatus {
    const { status, transition } = this.workspace.latestBuild;
    if (status === "failed") return "error";
    if (transition !== "start") return status === "succeeded" ? "paused" : "unknown";
    if (status === "pending") return "pending";
    if (status === "running" || this.agent.appHealth === "initializing") return "initializing";
    return this.agent.appHealth === "healthy" ? "active" : "error";
  }

  /**
   * Lets the agent report a state, and ends its turn: after `working` it is busy until the next state, after any other it
   * would accept a text. `busy` overrides the latter, because the two can disagree in a real Coder. With null, the agent
   * reports nothing until it gets another state.
   */
  setAgentState(
    state: AgentState | null,
    report: { message?: string; uri?: string; busy?: boolean } = {},
  ): void {
    this.agent.say(state, report);
  }

  /** `unhealthy` makes the status `error` although everything else is fine, as happens briefly during some starts. */
  setAppHealth(health: AppHealth): void {
    this.agent.appHealth = health;
  }

  /** Fails the active build. If there is none, adds a start that fails at once. */
  failBuild(): void {
    if (!this.workspace.hasActiveBuild) this.workspace.build("start");
    this.workspace.endBuild("failed");
  }

  /** Completes a running start without waiting for `bootMs`. */
  finishBoot(): void {
    if (this.workspace.latestBuild.transition === "start") this.workspace.endBuild("succeeded");
  }

  /** Keeps the agent busy until `release`. */
  holdBusy(): void {
    this.agent.hold();
  }

  /** Lets the agent go idle. */
  release(): void {
    this.agent.release();
  }

  /** Stops the workspace, as autostop does. The task is `paused` after `stopMs`. */
  stop(): void {
    this.workspace.build("stop", "task_auto_pause");
  }
}

/** codersdk.Task. */
export function taskJson(task: FakeTask, version: CoderVersion) {
  const { workspace, agent } = task;
  const { template } = workspace.version;
  return {
    id: task.id,
    organization_id: template.organization.id,
    owner_id: workspace.owner.id,
    owner_name: task.owner,
    name: task.name,
    display_name: task.displayName,
    template_id: template.id,
    template_version_id: workspace.version.id,
    template_name: template.name,
    template_display_name: "",
    template_icon: "",
    workspace_id: workspace.id,
    workspace_name: workspace.name,
    workspace_status: workspace.status,
    workspace_build_number: workspace.latestBuild.number,
    workspace_agent_id: agent.id,
    workspace_agent_lifecycle: agent.lifecycle,
    workspace_agent_health: agent.id === null ? null : { healthy: true },
    workspace_app_id: agent.appId,
    initial_prompt: task.initialPrompt,
    status: task.status,
    current_state: currentState(task, version),
    created_at: task.createdAt,
    updated_at: workspace.updatedAt,
  };
}

function currentState(task: FakeTask, version: CoderVersion) {
  const { report } = task.agent;
  if (report) {
    // Servers up to early 2026 pass the agent's own term through.
    const state = report.state === "failure" && version !== "2.30" ? "failed" : report.state;
    return { timestamp: report.at, state, message: report.message, uri: report.uri };
  }
  if (task.status !== "initializing") return null;
  // Coder derives a state if the agent cannot have one yet (coderd/aitasks.go, deriveTaskCurrentState).
  const { createdAt } = task.workspace.latestBuild;
  return { timestamp: createdAt, state: "working", message: "Workspace is starting", uri: "" };
}
