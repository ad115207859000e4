import { agentId } from "../accounts/agent.js";
import { connectGitHub } from "../github/app.js";
import type { PullChanged } from "../model/event.js";
import { endsMerged, isOpen, pullKey, type TaskKey, type TaskPull } from "../model/record.js";
import { findTask } from "../tasks/finding.js";
import type { TaskStore } from "../tasks/store.js";
import { noteAndShow } from "./noting.js";

/** The next step for a pull request, and what its flow remembers. */
export interface Tracked {
  /**
   * `tell`: the agent has to know that the pull request was closed without merging, or reopened. `merged`: it was the last
   * one, so the task should pause. `resting`: the same, and the agent has been seen at rest. `done`: nothing is left to do.
   */
  outcome: "tell" | "merged" | "resting" | "done";
  /** The key of the task; `null` if there is none. */
  key: TaskKey | null;
  /** The intent of the newest event about the task. A later event takes over. */
  intent: number;
  /** How many messages had been sent to the agent when it was seen at rest; -1 before that. */
  sendings: number;
}

/**
 * Finds the task of a pull request, notes the pull request's state in the record, and shows it in the status comment.
 * Deliveries come late, twice and out of order, so the state comes from GitHub.
 */
export async function trackPull(
  store: TaskStore,
  { event, holder }: { event: PullChanged; holder: string },
): Promise<Tracked> {
  const { outcome: finding, key } = await findTask(store, event);
  const nothing: Tracked = { outcome: "done", key: null, intent: 0, sendings: -1 };
  if (finding !== "found" || !key) return nothing;
  // If the pull request was given to the agent and has its own task, the status comment is already on it.
  if (key.work === pullKey(event.repository.id, event.subject.number).work) return nothing;
  const noted = await noteAndShow(store, { event, key, holder });
  if (!noted) return nothing;
  const { record, pull } = noted;
  const done: Tracked = { ...nothing, key, intent: record.intent ?? 0 };
  if (!record.wanted || !record.task) return done;
  if (pull.learntBy === event.delivery && endsMerged(record.pulls)) return { ...done, outcome: "merged" };
  // The agent already knows what it did itself.
  const octokit = (await connectGitHub()).installation(event.installation);
  const tells = stillHolds(event, pull) && event.sender.id !== (await agentId(octokit));
  return tells ? { ...done, outcome: "tell" } : done;
}

/** Whether the pull request is still closed without merging, or open again, as the event says. */
function stillHolds({ action }: PullChanged, { state }: TaskPull): boolean {
  if (action === "closed") return state === "closed";
  return action === "reopened" && isOpen(state);
}
