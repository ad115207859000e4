import { randomUUID } from "node:crypto";
import type { Timers } from "../api/timers.js";
import type { Resident } from "../workspaces/workspace.js";
import { snapshotOf, type TaskLogEntry, type TaskLogSnapshot, terminalText } from "./log.js";

/** The state that an agent reports. Agents write `failure`, Coder's newer API `failed`. */
export type AgentState = "working" | "idle" | "complete" | "failed" | "failure";

export interface StateReport {
  state: AgentState;
  message: string;
  uri: string;
  at: string;
}

export type AppHealth = "healthy" | "unhealthy" | "initializing";

/**
 * The agent and its AgentAPI in a task's workspace. It works for a while on the prompt at the first start, and on each text
 * that it is sent, and is idle in between.
 */
export class SimulatedAgent implements Resident {
  readonly inputs: { at: number; text: string }[] = [];
  id: string | null = null;
  appId: string | null = null;
  lifecycle: "ready" | null = null;
  appHealth: AppHealth = "healthy";
  report: StateReport | undefined;
  log: TaskLogEntry[] = [];
  snapshot: TaskLogSnapshot | undefined;
  #busy = false;
  #held = false;
  #silent = false;
  #hasPrompt = false;
  #cancelTurn = () => {};

  constructor(
    private readonly prompt: () => string,
    private readonly turnMs: number,
    private readonly timers: Timers,
  ) {}

  /** Whether AgentAPI is `stable`, which means that the screen doesn't change and that it would accept a text. */
  get isStable(): boolean {
    return this.lifecycle === "ready" && !this.#busy;
  }

  starting(): void {
    this.#off();
    // The report of an earlier build's agent is no longer valid.
    this.report = undefined;
  }

  started(): void {
    this.id = randomUUID();
    this.appId = randomUUID();
    this.lifecycle = "ready";
    this.log = [];
    this.#write("output", "Welcome. What shall I do?");
    const isFirst = !this.#hasPrompt && this.prompt().trim() !== "";
    this.#hasPrompt = true;
    if (isFirst) this.#write("input", this.prompt().trim());
    // A resumed agent reports nothing until its screen stops changing.
    this.#work(isFirst ? "Working on the task" : undefined);
  }

  stopping(): void {
    if (this.lifecycle === "ready") this.snapshot = snapshotOf(this.log);
    this.#off();
  }

  /** Types a text into the agent's terminal, regardless of the agent's state. */
  take(text: string): void {
    const trimmed = text.trim();
    this.inputs.push({ at: Date.now(), text: trimmed });
    this.#write("input", trimmed);
    this.#work("Working on a message");
  }

  /** See FakeTask.setAgentState. */
  say(state: AgentState | null, { message = "", uri = "", busy = state === "working" } = {}): void {
    this.#cancelTurn();
    this.#silent = state === null;
    this.#busy = busy || this.#held;
    this.report = state === null ? undefined : newReport(state, message, uri);
  }

  hold(): void {
    this.#held = true;
    if (this.lifecycle !== "ready") return;
    this.#cancelTurn();
    this.#busy = true;
    this.#tell("working", "Working on something long");
  }

  release(): void {
    this.#held = false;
    if (this.lifecycle === "ready") this.#rest();
  }

  #work(message: string | undefined): void {
    this.#cancelTurn();
    this.#busy = true;
    if (message !== undefined) this.#tell("working", message);
    this.#cancelTurn = this.timers.after(this.turnMs, () => this.#rest());
  }

  #rest(): void {
    if (this.#held) return;
    this.#cancelTurn();
    this.#busy = false;
    this.#write("output", "Done.");
    this.#tell("idle", "Waiting for input");
  }

  #tell(state: AgentState, message: string): void {
    if (!this.#silent) this.report = newReport(state, message, "");
  }

  #off(): void {
    this.#cancelTurn();
    this.id = null;
    this.appId = null;
    this.lifecycle = null;
    this.#busy = false;
  }

  #write(type: TaskLogEntry["type"], text: string): void {
    const time = new Date().toISOString();
    this.log.push({ id: this.log.length, content: terminalText(text), type, time });
  }
}

/** Coder keeps at most 160 characters of a message. */
function newReport(state: AgentState, message: string, uri: string): StateReport {
  return { state, message: message.slice(0, 160), uri, at: new Date().toISOString() };
}
