import { connectGitHub } from "../github/app.js";
import { Inbox } from "../inbox/inbox.js";
import { TransientError } from "../model/errors.js";
import type { IssueEvent, TaskClosed, TaskRequested } from "../model/event.js";
import { type TaskKey, type TaskPull, taskKey } from "../model/record.js";
import { log } from "../runtime/log.js";
import { StatusComment } from "../status/status-comment.js";
import type { TaskStore } from "../tasks/store.js";
import { noteAndShow, updatePulls } from "./noting.js";

/** Notes and shows somebody else's pull request that an issue's task, `key`, has taken up, like one of its own. */
export async function takeUp(store: TaskStore, key: TaskKey, event: TaskRequested): Promise<void> {
  const { number, url, ask } = event.issue;
  const subject = { kind: "pull", number, url } as const;
  await noteAndShow(store, { event: { ...event, subject, ask }, key, holder: event.delivery });
}

/**
 * Detaches the pull request from its task. The task continues, but its status comment no longer lists the pull request, and
 * waiting inputs about it are dropped. Does nothing if a newer event than `intent` has given it to the agent again.
 */
export async function leave(
  store: TaskStore,
  key: TaskKey,
  event: TaskClosed,
  intent: number,
): Promise<void> {
  if (!(await unlist(store, key, event, intent))) return;
  await new Inbox(key).dropAbout({ ...event.repository, number: event.issue.number });
  await store.updateAs(intent, taskKey(event), { joined: undefined });
  log.info("The task no longer works on somebody else's pull request", { pull: event.issue.number, ...key });
}

/** Removes the pull request from the record; `false` if it has been given to the agent again. */
async function unlist(store: TaskStore, key: TaskKey, event: IssueEvent, intent: number): Promise<boolean> {
  const isIt = ({ repository, number }: TaskPull) =>
    repository.id === event.repository.id && number === event.issue.number;
  for (let attempt = 0; attempt < 10; attempt++) {
    // The order matters: a flow that gives it to the agent again lists it after its claim, which makes this change fail.
    const record = await store.get(key);
    if ((await store.get(taskKey(event)))?.intent !== intent) return false;
    const { pulls = [], source } = record ?? {};
    if (!record || !source || !pulls.some(isIt)) return true;
    const updated = await updatePulls(
      store,
      key,
      record,
      pulls.filter((pull) => !isIt(pull)),
    );
    if (!updated) continue;
    await new StatusComment(store, await connectGitHub(), source, event.delivery).refresh(updated);
    return true;
  }
  throw new TransientError("Too many events change the pull requests of the task at once. It is retried.");
}
