import { agentId } from "../accounts/agent.js";
import { connectGitHub } from "../github/app.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { readWhileStale } from "../github/stale-reads.js";
import { TransientError } from "../model/errors.js";
import type { PullChanged } from "../model/event.js";
import { endsMerged, type TaskKey, type TaskPull, type TaskRecord, taskKey } from "../model/record.js";
import { log } from "../runtime/log.js";
import type { SourcedRecord } from "../status/mention.js";
import { type Records, StatusComment } from "../status/status-comment.js";
import { findTask } from "../tasks/finding.js";
import type { TaskStore } from "../tasks/store.js";

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
  const app = await connectGitHub();
  const octokit = app.installation(event.installation);
  const client = new RepositoryClient(octokit, event.repository);
  const noted = await note(store, key, event, (since) => readPull(client, event, since));
  const { record, pull } = noted ?? {};
  if (!record?.source || !pull) return nothing;
  const done: Tracked = { ...nothing, key, intent: record.intent ?? 0 };
  const isNews = pull.learntBy === event.delivery;
  if (isNews) {
    log.info("A pull request of a task has changed", { pull: pull.number, state: pull.state });
    await new StatusComment(store, app, record.source, holder).refresh(record);
  }
  if (!record.wanted || !record.task) return done;
  if (isNews && endsMerged(record.pulls)) return { ...done, outcome: "merged" };
  // What the agent has done itself, it knows.
  const tells = stillHolds(event, pull) && event.sender.id !== (await agentId(octokit));
  return tells ? { ...done, outcome: "tell" } : done;
}

/** Whether it is closed without having been merged, or open again, as the event says. */
function stillHolds({ action }: PullChanged, { state }: TaskPull): boolean {
  if (action === "closed") return state === "closed";
  return action === "reopened" && (state === "open" || state === "draft");
}

interface Noted {
  record: TaskRecord;
  pull: TaskPull;
}

/**
 * GitHub is asked after the record was read, and the record is changed only if nobody else has changed it since. So the last
 * state that is noted is the newest.
 */
async function note(
  store: Records,
  key: TaskKey,
  { delivery, repository: { id, owner, name }, subject: { number } }: PullChanged,
  read: (since: string) => Promise<Pull | undefined>,
): Promise<Noted | undefined> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const record = await store.get(key);
    if (record?.intent === undefined) return undefined;
    const known = record.pulls ?? [];
    const isIt = (one: TaskPull) => one.repository.id === id && one.number === number;
    const before = known.find(isIt);
    const now = await read(before?.updatedAt ?? "");
    if (!now) return undefined;
    if (before?.state === now.state) return { record, pull: before };
    const { nodeId, url, state, updatedAt } = now;
    const pull = {
      ...before,
      nodeId,
      repository: { id, owner, name },
      number,
      url,
      state,
      updatedAt,
      learntBy: delivery,
    };
    const pulls = before ? known.map((one) => (isIt(one) ? pull : one)) : [...known, pull];
    const updated = await updatePulls(store, key, record, pulls);
    if (updated) return { record: updated, pull };
  }
  throw new TransientError("Too many events change the pull requests of the task at once. It is retried.");
}

/** Shows what CI says about the pull requests; `undefined` if they have changed since the record was read. */
export async function announceChecks(
  store: Records,
  record: SourcedRecord,
  pulls: TaskPull[],
): Promise<SourcedRecord | undefined> {
  const { source } = record;
  const updated = await updatePulls(store, taskKey(source), record, pulls);
  if (!updated) return undefined;
  await new StatusComment(store, await connectGitHub(), source, "attend").refresh(updated);
  return { ...updated, source };
}

/** Changes the pull requests of a record; `undefined` if somebody else has since it was read. */
async function updatePulls(
  store: Records,
  key: TaskKey,
  { pullChanges: known }: TaskRecord,
  pulls: TaskPull[],
): Promise<TaskRecord | undefined> {
  const unchanged =
    known === undefined
      ? { expression: "attribute_exists(#intent) AND attribute_not_exists(#pullChanges)" }
      : { expression: "#pullChanges = :known", values: { known } };
  return store.update(key, { pulls, pullChanges: (known ?? 0) + 1 }, unchanged);
}

/** The pull request, no older than the event and than what was known before; `undefined` if it is gone. */
async function readPull(
  client: RepositoryClient,
  { at, repository, subject }: PullChanged,
  since: string,
): Promise<Pull | undefined> {
  const isStale = (pull: Pull | undefined) =>
    pull !== undefined && (pull.updatedAt < at || pull.updatedAt < since);
  const pull = await readWhileStale(isStale, () => client.pull(subject.number));
  if (isStale(pull))
    throw new TransientError("GitHub shows an older state of the pull request. It is retried.");
  // Another repository may have the name now.
  return pull?.repositoryId === repository.id ? pull : undefined;
}
