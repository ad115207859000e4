import type { Phase, TaskView } from "../../model/phase.js";
import { cleanText, oneLine } from "../../text/clean.js";
import type { ApiTask } from "./task.js";

/** The limit for each part of an agent's report, in characters. Coder keeps 160 characters of a message. */
const reportLength = 300;

const phases: Record<string, Phase> = {
  pending: "starting",
  initializing: "starting",
  paused: "paused",
  error: "broken",
  // In practice, a stop or delete build is running, or the agent is shutting down.
  unknown: "broken",
};

/** Agents report `working`, `idle`, `complete` or `failed` (`failure` on older servers). All but the first are at rest. */
const failed = ["failed", "failure"];
const atRest = ["idle", "complete", "completed", ...failed];

export function viewOf({ status, current_state }: ApiTask): TaskView {
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

function phaseOf(status: string, state: string): Phase {
  if (status === "active") return atRest.includes(state) ? "ready" : "working";
  return phases[status] ?? "working";
}

/** The agent's own report, for people: a link, often to a pull request, and a message. */
function reportOf({ state, message, uri }: NonNullable<ApiTask["current_state"]>): string {
  const link = uri && /^https:\/\/\S+$/.test(uri) ? `Link: ${oneLine(cleanText(uri), reportLength)}` : "";
  const text = message
    ? `The agent says (${oneLine(cleanText(state ?? ""), reportLength)}): ${oneLine(cleanText(message), reportLength)}`
    : "";
  return [link, text].filter((line) => line !== "").join("\n");
}
