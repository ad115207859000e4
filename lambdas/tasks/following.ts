import { randomBytes } from "node:crypto";
import { startExecution } from "../aws/start-execution.js";
import { connectCoder } from "../coder/connect.js";
import { isWorthFollowing } from "../coder/progress.js";
import { AgentRestingError, AgentWorkingError } from "../model/errors.js";
import { isFollowedBy, type TaskKey } from "../model/record.js";
import { turnState } from "./follow.js";
import type { TaskStore } from "./store.js";

/** The input of an execution of `follow-task`: the work, the intent, and the execution's own name in the record. */
export interface Follow extends TaskKey {
  intent: number;
  follower: string;
}

/**
 * Starts an execution that follows the agent's turn, if the backend reports progress or the work has no issue. The record
 * names the one follower that may write. An older follower ends when it sees that it is no longer named. So a repeated
 * start is harmless, and no start is lost because an older execution is about to end. `followFlow` is the ARN of the state
 * machine.
 */
export async function startFollowing(
  store: TaskStore,
  followFlow: string,
  key: TaskKey,
): Promise<{ follower: string }> {
  const record = await store.get(key);
  const { intent, task, wanted } = record ?? {};
  if (!record || intent === undefined || task?.id === undefined || wanted === false) return { follower: "" };
  if (!isWorthFollowing((await connectCoder()).backendOf(task), record)) return { follower: "" };

  const follower = randomBytes(6).toString("hex");
  if (!(await store.updateAs(intent, key, { follower }))) return { follower: "" };
  const name = `${task.name}-${key.repositoryId}-${follower}`;
  await startExecution(followFlow, name, { follow: { ...key, intent, follower } });
  return { follower: name };
}

/** The states of the status comment that progress may replace. All others were written for a reason. */
const replaceable: readonly (string | undefined)[] = ["running", "waiting", "failed"];

export interface ProgressObservation {
  /** `over`: there is nothing left to follow, or another execution has taken over. */
  outcome: "news" | "over";
  state: "running" | "waiting" | "failed";
  /** Coder's report on the turn; empty if there is none. */
  report: string;
}

const over: ProgressObservation = { outcome: "over", state: "running", report: "" };

/**
 * Observes an agent's turn. Returns the news for the status comment, or throws an `AgentWorkingError` or an
 * `AgentRestingError` if there is none.
 */
export async function observeProgress(store: TaskStore, follow: Follow): Promise<ProgressObservation> {
  const record = await store.get(follow);
  if (!record?.task || !isFollowedBy(record, follow)) return over;
  const task = await (await connectCoder()).backendOf(record.task).find(record.task, follow);
  const turn = task && turnState(task.view);
  if (turn === undefined) return over;

  // Work without an issue has no readers, so only its failures are announced.
  const isLost = task?.view.hasFailed === true && record.source !== undefined && !("issue" in record.source);
  const state = isLost ? "failed" : turn;
  const report = task?.view.report ?? "";
  const announced = record.status?.state;
  const isOtherState = announced !== state && announced !== "failed";
  if (replaceable.includes(announced) && (isOtherState || report !== (record.report ?? ""))) {
    return { outcome: "news", state, report };
  }
  if (turn === "running") throw new AgentWorkingError("The agent is working, without news. It is watched.");
  throw new AgentRestingError("The agent is idle, without news. It is watched for ten minutes.");
}
