import type { Engine } from "../engine/index.js";
import type { Delivery } from "../fake-github/webhooks/deliveries.js";
import type { RecordedCall } from "../http/http-server.js";
import { flowOf, type LocalSystem } from "../system/system.js";

/** How many lines of a message to the agent are shown at most. */
const messageLines = 24;

/** One line of the timeline. */
export interface Moment {
  /** Milliseconds since the start of the demo. */
  ms: number;
  /** `in`: a delivery; `state`: a flow entered a state; `github`, `coder`: an outgoing call. */
  lane: "in" | "state" | "github" | "coder";
  text: string;
}

/** Collects a system's events and returns them in chronological order. */
export class Timeline {
  readonly #begin = Date.now();
  #moments: Moment[] = [];
  /** How many events of each execution's history have been reported. */
  readonly #taken = new Map<string, number>();

  constructor(private readonly system: LocalSystem) {
    const { gitHub, coder } = system;
    if (gitHub) gitHub.http.onCall = (call) => this.#add(call.at, "github", describeCall(call));
    if (coder) coder.http.onCall = (call) => this.#add(call.at, "coder", describeCall(call));
  }

  /** Records a delivery that was just answered. */
  delivered({ event, action, status, body, durationMs }: Delivery): void {
    const name = action === null ? event : `${event}.${action}`;
    this.#add(Date.now() - durationMs, "in", `${name} → ${status} ${body}`);
  }

  /** The moments since the last call. */
  take(): Moment[] {
    const { engine } = this.system;
    for (const { executionArn, stateMachineArn } of engine.list()) {
      this.#takeStates(engine, executionArn, flowOf(stateMachineArn));
    }
    const moments = this.#moments.sort((a, b) => a.ms - b.ms);
    this.#moments = [];
    return moments;
  }

  #takeStates(engine: Engine, executionArn: string, flow: string): void {
    const history = engine.history(executionArn);
    for (const event of history.slice(this.#taken.get(executionArn) ?? 0)) {
      const state = event.stateEnteredEventDetails?.name;
      if (state !== undefined) this.#add(event.timestamp.getTime(), "state", `${flow}: ${state}`);
    }
    this.#taken.set(executionArn, history.length);
  }

  #add(at: number, lane: Moment["lane"], text: string): void {
    this.#moments.push({ ms: at - this.#begin, lane, text });
  }
}

function describeCall({ method, path, status, body }: RecordedCall): string {
  return `${method} ${path} → ${status}${excerpt(body)}`;
}

/** The first lines of a long text. */
function indented(text: string): string {
  const lines = text.split("\n");
  const shown = lines.slice(0, messageLines).map((line) => `${" ".repeat(24)}│ ${line}`);
  if (lines.length > messageLines)
    shown.push(`${" ".repeat(24)}│ … ${lines.length - messageLines} more lines`);
  return shown.join("\n");
}

/** The text in a call's body that is worth showing, if any. */
function excerpt(body: unknown): string {
  if (typeof body !== "object" || body === null) return "";
  const { body: comment, input, name } = body as Record<string, unknown>;
  const words = comment ?? input ?? name;
  // The text of a message to the agent follows below the call.
  if (words === input && typeof input === "string" && input.includes("\n")) return `\n${indented(input)}`;
  if (typeof words !== "string") return "";
  const line = words
    .split("\n")
    .find((part) => part !== "" && !part.startsWith("<!--"))
    ?.slice(0, 70);
  return line === undefined ? "" : `  "${line}"`;
}
