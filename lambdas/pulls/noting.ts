import { connectGitHub } from "../github/app.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { readNamedPull } from "../github/stale-reads.js";
import { TransientError } from "../model/errors.js";
import type { PullAsk, PullChanged } from "../model/event.js";
import { type TaskKey, type TaskPull, type TaskRecord, taskKey } from "../model/record.js";
import { log } from "../runtime/log.js";
import type { SourcedRecord } from "../status/mention.js";
import { type Records, StatusComment } from "../status/status-comment.js";
import { statusText } from "../status/text.js";

/** An event after which a pull request is read again. `ask` is what the agent should do with it, if the event says that. */
type Looked = Pick<PullChanged, "delivery" | "installation" | "repository" | "at" | "subject"> & {
  ask?: PullAsk | undefined;
};

/** Notes the current state of a pull request, and shows it if it is new; `undefined` if the pull request or task is gone. */
export async function noteAndShow(
  store: Records,
  { event, key, holder }: { event: Looked; key: TaskKey; holder: string },
): Promise<Noted | undefined> {
  const app = await connectGitHub();
  const client = new RepositoryClient(app.installation(event.installation), event.repository);
  const noted = await note(store, key, event, (since) => readPull(client, event, since));
  if (!noted?.record.source) return undefined;
  const { record, pull } = noted;
  if (pull.learntBy === event.delivery) {
    log.info("A pull request of a task has changed", { pull: pull.number, state: pull.state });
    await new StatusComment(store, app, noted.record.source, holder).refresh(record);
  }
  return noted;
}

/** A pull request as it is now noted, and its record. */
export interface Noted {
  record: TaskRecord;
  pull: TaskPull;
}

/**
 * Reads the record first, then asks GitHub, then changes the record only if nobody else has changed it since. So the last
 * noted state is the newest.
 */
async function note(
  store: Records,
  key: TaskKey,
  { delivery, repository: { id, owner, name }, subject: { number }, ask }: Looked,
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
    const isKnown = before?.state === now.state && (ask === undefined || before.ask === ask);
    if (isKnown) return { record, pull: before };
    const { nodeId, url, state, updatedAt } = now;
    const pull = {
      ...before,
      nodeId,
      repository: { id, owner, name },
      number,
      url,
      state,
      updatedAt,
      ...(ask && { ask }),
      learntBy: delivery,
    };
    const pulls = before ? known.map((one) => (isIt(one) ? pull : one)) : [...known, pull];
    const updated = await updatePulls(store, key, record, pulls);
    if (updated) return { record: updated, pull };
  }
  throw new TransientError("Too many events change the pull requests of the task at once. It is retried.");
}

/** Notes and shows what CI says about the pull requests; `undefined` if they have changed since the record was read. */
export async function announceChecks(
  store: Records,
  record: SourcedRecord,
  pulls: TaskPull[],
): Promise<SourcedRecord | undefined> {
  const { source } = record;
  const updated = await updatePulls(store, taskKey(source), record, pulls);
  if (!updated) return undefined;
  // After each push to its base, it is unknown for a moment whether a pull request can be merged. Nobody needs to see that.
  if (statusText(updated, source) !== statusText(record, source)) {
    await new StatusComment(store, await connectGitHub(), source, "attend").refresh(updated);
  }
  return { ...updated, source };
}

/** Changes the pull requests of a record; `undefined` if somebody else has changed them since it was read. */
export async function updatePulls(
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

/** The pull request, in a state no older than the event and the known state; `undefined` if it is gone. */
async function readPull(
  client: RepositoryClient,
  { at, repository, subject }: Looked,
  since: string,
): Promise<Pull | undefined> {
  const isStale = (pull: Pull) => pull.updatedAt < at || pull.updatedAt < since;
  const pull = await readNamedPull(client, subject.number, isStale);
  if (pull && isStale(pull))
    throw new TransientError("GitHub shows an older state of the pull request. It is retried.");
  // The name may belong to another repository now.
  return pull?.repositoryId === repository.id ? pull : undefined;
}
