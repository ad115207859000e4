import { agentId } from "../accounts/agent.js";
import { connectGitHub } from "../github/app.js";
import type { PullChanged } from "../model/event.js";
import { endsMerged, isOpen, pullKey, type TaskKey, type TaskPull } from "../model/record.js";
import { findTask } from "../tasks/finding.js";
import type { TaskStore } from "../tasks/store.js";
import { noteAndShow } from "./noting.js";

/** What is left to do for a pull request, and what its flow remembers. */
export interface Tracked {
  /**
   * `tell`: the agent has to know that it was closed without merging, or reopened. `merged`, and `resting` once the agent has
   * been seen at rest: it was the last one, so the task pauses. `done`: nothing.
   */
  outcome: "tell" | "merged" | "resting" | "done";
  /** Whose task it is; `null` if there is none. */
  key: TaskKey | null;
  /** That of the newest event about the task. A later one takes over. */
  intent: number;
  /** How many messages the agent had been sent when it was seen at rest; -1 before. */
  sendings: number;
}

/**
 * Finds the task of a pull request, notes in its record where the pull request stands, and shows it in the status comment. Deliveries come late, twice and
 * out of order, so GitHub is asked what the pull request is now.
 */
export async function trackPull(
  store: TaskStore,
  { event, holder }: { event: PullChanged; holder: string },
): Promise<Tracked> {
  const { outcome: finding, key } = await findTask(store, event);
  const nothing: Tracked = { outcome: "done", key: null, intent: 0, sendings: -1 };
  if (finding !== "found" || !key) return nothing;
  // One that the agent was given and that has a task of its own: the status comment is on it.
  if (key.work === pullKey(event.repository.id, event.subject.number).work) return nothing;
  const noted = await noteAndShow(store, { event, key, holder });
  if (!noted) return nothing;
  const { record, pull } = noted;
  const done: Tracked = { ...nothing, key, intent: record.intent ?? 0 };
  if (!record.wanted || !record.task) return done;
  if (pull.learntBy === event.delivery && endsMerged(record.pulls)) return { ...done, outcome: "merged" };
  // What the agent has done itself, it knows.
  const octokit = (await connectGitHub()).installation(event.installation);
  const tells = stillHolds(event, pull) && event.sender.id !== (await agentId(octokit));
  return tells ? { ...done, outcome: "tell" } : done;
}

/** Whether it is closed without having been merged, or open again, as the event says. */
function stillHolds({ action }: PullChanged, { state }: TaskPull): boolean {
  if (action === "closed") return state === "closed";
  return action === "reopened" && isOpen(state);
}
