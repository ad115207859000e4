import { isServedAsKnown } from "../accounts/served-as-known.js";
import { connectCoder } from "../coder/connect.js";
import type { CoderTask } from "../coder/port.js";
import { isWorthFollowing } from "../coder/progress.js";
import { AgentBusyError, AgentStillBusyError, TaskBrokenError } from "../model/errors.js";
import type { TaskView } from "../model/phase.js";
import type { TaskRecord } from "../model/record.js";
import { log } from "../runtime/log.js";
import { announceDenial, announceSent } from "../status/sent-message.js";
import type { Records } from "../status/status-comment.js";
import { deliver } from "./delivery.js";
import { Inbox } from "./inbox.js";
import type { Instructions } from "./message/wording.js";
import type { Drain } from "./meta.js";
import { closeIfEmpty } from "./next-message.js";
import { type AgentWait, observeAgent, retriesUntilStillBusy } from "./readiness.js";
import { heldSeconds } from "./reviews.js";

export interface Sending {
  /**
   * `sent`: everything that waited was sent, and the drain has ended. `closed`: nothing waited, and the drain has ended.
   * `more`: something else waits, for the next drain. `waiting`: observe again, because the agent cannot take a message yet
   * or comments of a review are missing. `paused`: resume the task first. `gone`: there is no task. `superseded`: this drain
   * may not send.
   */
  outcome: "sent" | "closed" | "more" | "waiting" | "paused" | "gone" | "superseded";
  /** Whether a message was sent and `follow-task` should follow the agent's progress. */
  follows: boolean;
  waitSeconds: number;
  wait: AgentWait;
  /** Why the task is gone, if known. */
  report: string;
}

export interface SendingContext {
  store: Records;
  instructions: Instructions;
  /** How often the state machine has retried this observation. */
  retries: number;
}

/**
 * Observes an inbox and its agent once. If the agent can take a message, sends as much as fits into one. If nothing waits,
 * the drain ends. Throws an `AgentBusyError`, and later an `AgentStillBusyError`, if the agent is busy and nothing has
 * changed since the last observation, and a `TaskBrokenError` if the agent does not start. The retry policies of the state
 * machine limit how long an agent may work; a redrive restarts that time.
 */
export async function sendInbox(
  drain: Drain,
  wait: AgentWait,
  { store, instructions, retries }: SendingContext,
): Promise<Sending> {
  const inbox = new Inbox(drain);
  const [record, meta] = await Promise.all([store.get(drain), inbox.meta.read()]);
  const after = (outcome: Sending["outcome"], changes: Partial<Sending> = {}): Sending => {
    return { outcome, follows: false, waitSeconds: 0, wait, report: "", ...changes };
  };
  if (meta.generation !== drain.generation) return after("superseded");

  const isFirstObservation = wait.seconds === 0;
  const owner = { key: drain, source: record?.source, pulls: record?.pulls ?? [] };
  if (!(await isServed(record))) {
    log.warn("The account is not served: nothing is sent", { ...drain });
    return after("superseded");
  }
  const backend = record?.task && (await connectCoder()).backendOf(record.task);
  const task = record?.task && (await backend?.find(record.task, drain));
  const view = viewOf(record, task);
  const { isBusy, isHopeless, phase, waitSeconds, wait: observed } = observeAgent(view, wait);
  if (phase !== "ready" && (isFirstObservation || phase === "paused")) {
    const isOver = await closeIfEmpty(inbox, meta);
    if (isOver) return after(isOver);
  }
  const report = task?.view.report ?? "";
  if (phase !== "ready") await inbox.measureWaiting(meta);
  if (isHopeless && task) throw notStarting(task);
  if (isBusy) {
    const Busy = retries < retriesUntilStillBusy ? AgentBusyError : AgentStillBusyError;
    throw new Busy(`The agent cannot take a message yet: Coder shows it as "${view.status}". It is retried.`);
  }
  const later = { waitSeconds, wait: observed, report };
  if (phase === "gone" || phase === "paused") return after(phase, later);
  if (phase !== "ready" || !record || !backend || !task) return after("waiting", later);

  const holds = wait.held < heldSeconds;
  const context = { drain, inbox, owner, backend, task, instructions, holds };
  const delivery = await deliver(context, { meta }).catch(async (error: unknown) => {
    await inbox.measureUnsent(task.view.since);
    throw error;
  });
  const follows = isWorthFollowing(backend, record);
  switch (delivery.outcome) {
    case "superseded":
    case "gone":
      return after(delivery.outcome);
    case "closed":
      // A task that was paused stays so until something is sent.
      if (!isFirstObservation && record.status?.state !== "stopped")
        await announceSent(store, record, { drain, report, sent: [] });
      return after("closed");
    case "sent":
    case "more":
      await announceSent(store, record, { drain, report, sent: delivery.urls });
      return after(delivery.outcome, { follows, report });
    case "denied":
      if (delivery.dropped) await announceDenial(store, record, { drain, ...delivery.dropped });
      return after("more", { report });
    case "held":
      return after("waiting", {
        waitSeconds: heldSeconds,
        wait: { ...observed, seconds: wait.seconds + heldSeconds, held: wait.held + heldSeconds },
        report,
      });
    case "refused": {
      await inbox.measureUnsent(task.view.since);
      // Before the next message, it must be ready for longer.
      const refused = { ...wait, refusals: wait.refusals + 1, ready: false };
      const next = observeAgent(task.view, refused);
      return after("waiting", { waitSeconds: next.waitSeconds, wait: next.wait, report });
    }
  }
}

/** Whether the account is still served. It was when the input was put or the drain started. */
async function isServed(record: TaskRecord | undefined): Promise<boolean> {
  const { owner, ownerId } = record?.source?.repository ?? {};
  return owner === undefined || ownerId === undefined || isServedAsKnown({ id: ownerId, login: owner });
}

function viewOf(record: TaskRecord | undefined, task: CoderTask | undefined): TaskView {
  // The agent was unassigned, or the issue closed. A paused task must not be resumed for earlier comments.
  if (record?.wanted === false) return { phase: "gone", status: "not wanted" };
  if (task) return task.view;
  const isBeingCreated = record?.task !== undefined && record.task.id === undefined;
  return isBeingCreated
    ? { phase: "starting", status: "being created" }
    : { phase: "gone", status: "deleted" };
}

function notStarting({ name, url, view }: CoderTask): TaskBrokenError {
  return new TaskBrokenError(
    `The task ${name} does not start: Coder shows it as "${view.status}". Repair its workspace (${url}), then redrive this run; the inputs for the agent are kept.`,
  );
}
