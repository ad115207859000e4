import * as z from "zod/mini";
import { connectCoder } from "../coder/connect.js";
import { followSchema, followWaitSchema, parseInput } from "../model/flow-input.js";
import { isFollowedBy } from "../model/record.js";
import { type FollowWait, observeProgress } from "../tasks/follow.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ follow: followSchema, wait: followWaitSchema });
const store = new TaskStore();

/** The states over which news is told: whatever else the status comment says was said for a reason. */
const toldOver: readonly (string | undefined)[] = ["running", "waiting", "failed"];

export interface ProgressObservation {
  /** `over`: nothing is left to be looked for, or another run has taken over. */
  outcome: "news" | "same" | "over";
  state: "running" | "waiting" | "failed";
  /** What Coder says of the work; empty where it says nothing. */
  report: string;
  waitSeconds: number;
  wait: FollowWait;
}

/** One look at the work of an agent: whether the status comment should say something else than it does. */
export async function handler(input: unknown): Promise<ProgressObservation> {
  const { follow, wait } = parseInput(inputSchema, input);
  const over: ProgressObservation = { outcome: "over", state: "running", report: "", waitSeconds: 0, wait };
  const record = await store.get(follow);
  if (!record?.task || !isFollowedBy(record, follow)) return over;
  const task = await (await connectCoder()).backendOf(record.task).find(record.task, follow);
  if (!task) return over;

  const { state: observed, isOver, ...next } = observeProgress(task.view, wait);
  if (observed === undefined) return over;
  // Of work without an issue nobody hears but by a failure: an issue has people who read what the turn came to.
  const isLost = task.view.hasFailed === true && record.source !== undefined && !("issue" in record.source);
  const state = isLost ? "failed" : observed;
  const report = task.view.report ?? "";
  const said = record.status?.state;
  const isOtherState = said !== state && said !== "failed";
  const isNews = toldOver.includes(said) && (isOtherState || report !== (record.report ?? ""));
  return { outcome: isNews ? "news" : isOver ? "over" : "same", state, report, ...next };
}
