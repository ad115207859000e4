import { createHash } from "node:crypto";
import { connectCoder } from "../coder/connect.js";
import { connectGitHub } from "../github/app.js";
import { Inbox } from "../inbox/inbox.js";
import { type Batch, mayWait } from "../inbox/meta.js";
import { AgentStillBusyError } from "../model/errors.js";
import { endsMerged, type TaskRecord } from "../model/record.js";
import { log } from "../runtime/log.js";
import { announceMergedPause } from "../status/merged-pause.js";
import { isWantedNow } from "../tasks/issue-now.js";
import type { TaskStore } from "../tasks/store.js";
import { lookAt } from "./at-rest.js";
import type { Tracked } from "./tracking.js";

/**
 * Pauses a task whose last pull request was merged while its issue stays open. The agent must be at rest: seen idle twice,
 * with no message in between. If the pause is no longer needed, for example because of another pull request, the flow ends.
 *
 * @throws AgentStillBusyError while the agent works, or an input waits for it.
 * @throws TaskBusyError while a build of the workspace is active.
 */
export async function pauseAtRest(store: TaskStore, tracked: Tracked, holder: string): Promise<Tracked> {
  const done: Tracked = { ...tracked, outcome: "done" };
  const { key, intent } = tracked;
  if (!key) return done;
  const record = await store.get(key);
  // If an earlier attempt of this run was overtaken while it stopped the agent, it may have left its claim.
  if (record?.intent !== intent) await store.releaseStop(intent, key);
  if (record?.intent !== intent || !record.task || !(await isToPause(record))) return done;
  const location = record.task;
  const backend = (await connectCoder()).backendOf(location);
  const inbox = new Inbox(key);
  const meta = await inbox.meta.read();
  const lock: Batch = {
    reference: referenceOf(holder),
    generation: meta.generation,
    startedAt: Date.now(),
    entries: [],
  };
  const isLocked = meta.batch?.reference === lock.reference;
  if (!isLocked && mayWait(meta)) throw busy();
  const { phase, shown } = await lookAt(backend, await backend.find(location, key), record.shown);
  if (shown && !(await store.updateAs(intent, key, { shown }))) return done;
  if (phase === "gone" || phase === "broken") return done;
  if (phase === "working" || phase === "starting") throw busy();
  if (phase === "ready" && !isLocked && meta.sendings !== tracked.sendings) {
    return { ...tracked, outcome: "resting", sendings: meta.sendings };
  }
  if (!isLocked && !(await inbox.meta.lock(lock, meta))) throw busy();
  try {
    // From here on, only a person in Coder could start a turn.
    const task = await backend.find(location, key);
    const { phase: now } = await lookAt(backend, task, shown);
    if (!task || (now !== "ready" && now !== "paused")) throw busy();
    if (now === "ready") {
      if (!(await store.claimStop(intent, key))) return done;
      await backend.stop(task).finally(() => store.releaseStop(intent, key));
    }
    log.info("Paused after its last pull request was merged", { task: task.name });
    await announceMergedPause(store, record, holder);
  } finally {
    await inbox.meta.closeBatch(lock);
  }
  return done;
}

/** Whether the merged pull request is still the task's last one, and the task should be paused. */
async function isToPause({ wanted, pulls, source, intentAt = "" }: TaskRecord): Promise<boolean> {
  if (wanted !== true || !source || !endsMerged(pulls)) return false;
  if (!("issue" in source)) return true;
  // If the agent was given a pull request, the work is not over until that pull request is.
  if (source.issue.ask !== undefined) return false;
  // If the merge closed the issue, another flow deletes the task.
  const octokit = (await connectGitHub()).installation(source.installation);
  return (await isWantedNow(octokit, source, intentAt)) !== false;
}

function busy(): AgentStillBusyError {
  return new AgentStillBusyError(
    "The agent is working or about to get a message. The task will be paused after that.",
  );
}

/** The reference is the same for all attempts of an execution. */
function referenceOf(holder: string): string {
  return createHash("sha256").update(holder).digest("hex").slice(0, 16);
}
