import * as z from "zod/mini";
import { connectCoder } from "../coder/connect.js";
import { AgentRestingError, AgentWorkingError } from "../model/errors.js";
import { followSchema, parseInput } from "../model/flow-input.js";
import { isFollowedBy } from "../model/record.js";
import { turnState } from "../tasks/follow.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ follow: followSchema });
const store = new TaskStore();

/** The states of the status comment that progress may replace: any other was written for a reason. */
const replaceable: readonly (string | undefined)[] = ["running", "waiting", "failed"];

export interface ProgressObservation {
  /** `over`: there is nothing to follow any more, or another execution has taken over. */
  outcome: "news" | "over";
  state: "running" | "waiting" | "failed";
  /** Coder's report on the turn; empty if there is none. */
  report: string;
}

const over: ProgressObservation = { outcome: "over", state: "running", report: "" };

/**
 * One look at an agent's turn: whether the status comment should say something else. Throws an `AgentWorkingError` or
 * an `AgentRestingError` if it should not.
 */
export async function handler(input: unknown): Promise<ProgressObservation> {
  const { follow } = parseInput(inputSchema, input);
  const record = await store.get(follow);
  if (!record?.task || !isFollowedBy(record, follow)) return over;
  const task = await (await connectCoder()).backendOf(record.task).find(record.task, follow);
  const turn = task && turnState(task.view);
  if (turn === undefined) return over;

  // Work without an issue has no readers: only its failures are announced.
  const isLost = task?.view.hasFailed === true && record.source !== undefined && !("issue" in record.source);
  const state = isLost ? "failed" : turn;
  const report = task?.view.report ?? "";
  const said = record.status?.state;
  const isOtherState = said !== state && said !== "failed";
  if (replaceable.includes(said) && (isOtherState || report !== (record.report ?? ""))) {
    return { outcome: "news", state, report };
  }
  if (turn === "running") throw new AgentWorkingError("The agent works, without news. It is watched.");
  throw new AgentRestingError("The agent rests, without news. It is watched for ten minutes.");
}
