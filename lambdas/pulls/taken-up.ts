import { connectGitHub } from "../github/app.js";
import { Inbox } from "../inbox/inbox.js";
import { TransientError } from "../model/errors.js";
import type { IssueEvent, TaskClosed, TaskRequested } from "../model/event.js";
import { type TaskKey, type TaskPull, taskKey } from "../model/record.js";
import { log } from "../runtime/log.js";
import { StatusComment } from "../status/status-comment.js";
import type { TaskStore } from "../tasks/store.js";
import { noteAndShow, updatePulls } from "./noting.js";

/** Notes and shows a pull request of somebody else that the task `key` of an issue has taken up, as one of its own. */
export async function takeUp(store: TaskStore, key: TaskKey, event: TaskRequested): Promise<void> {
  const { number, url, ask } = event.issue;
  const subject = { kind: "pull", number, url } as const;
  await noteAndShow(store, { event: { ...event, subject, ask }, key, holder: event.delivery });
}

/**
 * Takes such a pull request from the task again, which goes on: it is not shown any more, and what waits about it is not
 * sent. Unless a newer event than `intent` has given it to the agent again.
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
  log.info("The task works on a pull request of somebody else no more", { pull: event.issue.number, ...key });
}

/** `false` if the agent has been given the pull request again. */
async function unlist(store: TaskStore, key: TaskKey, event: IssueEvent, intent: number): Promise<boolean> {
  const isIt = ({ repository, number }: TaskPull) =>
    repository.id === event.repository.id && number === event.issue.number;
  for (let attempt = 0; attempt < 10; attempt++) {
    // In this order: who gives it to the agent again lists it after the claim, so that this change fails.
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
