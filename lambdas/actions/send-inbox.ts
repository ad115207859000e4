import { randomBytes } from "node:crypto";
import * as z from "zod/mini";
import { isServedAsKnown } from "../accounts/served-as-known.js";
import { connectCoder } from "../coder/connect.js";
import type { CoderBackend, CoderTask } from "../coder/port.js";
import { connectGitHub } from "../github/app.js";
import { closeInbox } from "../inbox/close.js";
import { Inbox, type Waiting, type WaitingEntry } from "../inbox/inbox.js";
import { compose } from "../inbox/message/compose.js";
import { messageBytes } from "../inbox/message/limits.js";
import { defaultInstructions } from "../inbox/message/wording.js";
import { isHeadCurrent } from "../inbox/relevance.js";
import { type Batch, fingerprintOf } from "../inbox/stored-input.js";
import { TextDeniedError } from "../model/errors.js";
import { agentWaitSchema, drainSchema, parseInput } from "../model/flow-input.js";
import type { TaskKey, TaskRecord, WorkSource } from "../model/record.js";
import { instructionEnvironment } from "../runtime/environment.js";
import { log } from "../runtime/log.js";
import { failureWords } from "../status/audience.js";
import { StatusComment } from "../status/status-comment.js";
import type { AgentWait } from "../tasks/observe.js";
import { TaskStore } from "../tasks/store.js";
import { referenceLine } from "../text/reference.js";

const inputSchema = z.object({ drain: drainSchema, wait: agentWaitSchema });

/**
 * Longer than this Lambda runs: a sending that has not noted its end may arrive until then. It can be of another
 * drain, or of this one before it was aborted and redriven.
 */
const underWayMs = 190_000;

const store = new TaskStore();
const settings = instructionEnvironment();
const instructions = {
  comment: settings.COMMENT_INSTRUCTION ?? defaultInstructions.comment,
  failure: settings.FAILURE_INSTRUCTION ?? defaultInstructions.failure,
  several: settings.SEVERAL_INSTRUCTION ?? defaultInstructions.several,
};

export interface Sending {
  /**
   * `sent`, or denied for good: nothing else waits. `more`: the same, but something else waits. `again`: the agent did
   * not take it, or may have: observe it again.
   */
  outcome: "sent" | "more" | "again" | "gone" | "superseded";
  /** The wait so far, with one more refusal where it did not listen. */
  wait: AgentWait;
  /** Why the task is gone, where that is known. */
  report: string;
}

/**
 * Sends all that waits as one message, as much as one holds. What is being sent is noted before, and marked as
 * delivered after; where the outcome of an earlier sending is unknown, the task's log is read before anything
 * else is sent.
 */
export async function handler(input: unknown): Promise<Sending> {
  const { drain, wait } = parseInput(inputSchema, input);
  const sending = await send(drain, wait);
  if (sending.outcome !== "sent") return sending;
  const contents = await closeInbox(new Inbox(drain), drain.generation);
  return contents === "waiting" ? { ...sending, outcome: "more" } : sending;
}

async function send(drain: z.output<typeof drainSchema>, wait: AgentWait): Promise<Sending> {
  const record = await store.get(drain);
  if (!record?.task || record.wanted === false) return { outcome: "gone", wait, report: "" };
  const { owner, ownerId } = record.source?.repository ?? {};
  // It was served when this was put here, or when the drain began.
  if (
    owner !== undefined &&
    ownerId !== undefined &&
    !(await isServedAsKnown({ id: ownerId, login: owner }))
  ) {
    log.warn("The account is not served: nothing is sent", { ...drain, account: owner });
    return { outcome: "superseded", wait, report: "" };
  }
  const backend = (await connectCoder()).backendOf(record.task);
  const task = await backend.find(record.task, drain);
  const report = task?.view.report ?? "";
  if (!task || task.view.phase === "gone") return { outcome: "gone", wait, report };

  const inbox = new Inbox(drain);
  const again: Sending = {
    outcome: "again",
    wait: { ...wait, refusals: wait.refusals + 1, ready: false },
    report,
  };
  const { generation, sendings, batch: open } = await inbox.state();
  if (generation !== drain.generation) return { outcome: "superseded", wait, report };
  if (open && !(await settle(inbox, open, backend, task))) return again;

  const inputs = await inbox.read(await nextMessage(inbox, drain, record.source), messageBytes);
  const [first] = inputs;
  if (!first) {
    await tell(record, drain.generation, report, []);
    return { outcome: "sent", wait, report };
  }
  const reference = randomBytes(4).toString("hex");
  const options = { reference, instructions, mayBeRepeated: first.mayHaveArrived };
  const { text, taken } = compose(
    inputs.map((entry) => toldAs(entry)),
    options,
  );
  const entries = inputs.slice(0, taken).map(({ identity, delivery, version, input }) => ({
    identity,
    delivery,
    version,
    ...(input.kind !== "failure" && { text: fingerprintOf(input.body) }),
  }));
  const batch: Batch = { reference, generation, startedAt: Date.now(), entries };
  if (!(await inbox.begin(batch, { sendings }))) return again;

  const outcome = await backend.send(task, text).catch(async (error: unknown) => {
    if (error instanceof TextDeniedError) return error;
    await inbox.ended(batch);
    throw error;
  });
  if (outcome instanceof TextDeniedError) {
    const dropped = await inbox.denied(batch);
    log.warn("The agent may not have it", { ...drain, reference, entries: entries.length, dropped });
    if (dropped !== undefined) await tellDenial(record, drain, first.input.url, outcome);
    return { outcome: "sent", wait, report };
  }
  log.info("Sent to the agent", { ...drain, reference, entries: entries.length, outcome });
  switch (outcome) {
    case "sent":
      await inbox.delivered(batch);
      await tell(record, drain.generation, report, inputs.slice(0, taken));
      return { outcome: "sent", wait, report };
    case "unknown":
      await inbox.ended(batch);
      return again;
    case "busy":
    case "paused":
    case "gone":
      await inbox.returned(batch, { mayHaveArrived: false });
      return outcome === "gone" ? { outcome, wait, report: "" } : again;
  }
}

/** Finds out what became of a batch whose outcome is unknown. Resolves to `false` where it may be under way. */
async function settle(inbox: Inbox, batch: Batch, backend: CoderBackend, task: CoderTask): Promise<boolean> {
  const reception = await backend.reception(task, referenceLine(batch.reference));
  log.info("A sending of unknown outcome was looked for", { reference: batch.reference, reception });
  if (reception === "received") {
    await inbox.delivered(batch);
    return true;
  }
  if (!batch.hasEnded && Date.now() - batch.startedAt < underWayMs) return false;
  await inbox.returned(batch, { mayHaveArrived: reception === "unclear" });
  return true;
}

/**
 * What waits. What may have arrived goes by itself: nothing that is news is told with a word about repetition. So
 * does each part of a message that was denied.
 */
async function nextMessage(
  inbox: Inbox,
  key: TaskKey,
  source: WorkSource | undefined,
): Promise<WaitingEntry[]> {
  const inputs = await relevant(inbox, key, source);
  const repeated = inputs.filter(({ mayHaveArrived }) => mayHaveArrived);
  const next = repeated.length > 0 ? repeated : inputs;
  const lonely = next.findIndex(({ alone }) => alone);
  return lonely < 0 ? next : next.slice(0, Math.max(1, lonely));
}

/** What waits, without failed runs whose pull request has moved on. */
async function relevant(inbox: Inbox, key: TaskKey, source: WorkSource | undefined): Promise<WaitingEntry[]> {
  const all = await inbox.waiting();
  const isRelevant = await Promise.all(
    all.map(async ({ head, identity, ...entry }) => {
      const installation = head?.installation ?? source?.installation;
      if (!head || installation === undefined) return true;
      if (await isHeadCurrent(await connectGitHub(), { ...head, installation }, key)) return true;
      log.info("Dropped: the run is of no head of the agent's any more", { ...key, identity });
      await inbox.drop({ identity, delivery: entry.delivery });
      return false;
    }),
  );
  return all.filter((_, i) => isRelevant[i]);
}

/**
 * The text before an edit is told only where the agent was told that text: somebody whose words are not told may have
 * edited it in between.
 */
function toldAs({ input, deliveredVersion, deliveredText }: Waiting): Waiting["input"] {
  if (input.kind === "failure") return input;
  const { previousBody, ...comment } = input;
  if (deliveredVersion === undefined || previousBody === undefined || previousBody === comment.body) {
    return comment;
  }
  const isTold = deliveredText === undefined || deliveredText === fingerprintOf(previousBody);
  return isTold ? input : comment;
}

/** Says what the agent was not told, beside all else that the status comment says. */
async function tellDenial(
  record: TaskRecord,
  { generation }: z.output<typeof drainSchema>,
  url: string,
  denied: TextDeniedError,
): Promise<void> {
  const { source, status, intent } = record;
  if (!source || !status) return;
  const denial = `The agent was not told of ${url}: ${failureWords(denied, source.repository)}`;
  const comment = new StatusComment(store, await connectGitHub(), source, `drain-${generation}`);
  await comment.say({ ...status, denial }, { expression: "#intent = :holder", values: { holder: intent } });
}

/** The status comment tells what Coder knows by now; one that told of a failure says again that the agent runs. */
async function tell(
  record: TaskRecord,
  generation: number,
  report: string,
  told: readonly Waiting[],
): Promise<void> {
  const { status, source, intent } = record;
  const hasFailed = status?.state === "failed";
  const runs = status?.state === "running";
  // What was sent begins a turn.
  const hasWaited = status?.state === "waiting";
  const isNews = runs && report !== "" && report !== record.report;
  // That no more failures are relayed was true until somebody said something.
  const isStale = runs && status.detail !== undefined;
  // What was denied and is told by now, in other words.
  const isDenied =
    status?.denial !== undefined && !told.some(({ input }) => status.denial?.includes(`${input.url}: `));
  const isDenialOver = status?.denial !== undefined && !isDenied;
  if (!source || !(isDenialOver || hasFailed || hasWaited || isNews || isStale)) return;
  const comment = new StatusComment(store, await connectGitHub(), source, `drain-${generation}`);
  await comment.say(
    { state: "running", ...(isDenied && { denial: status.denial }) },
    { expression: "#intent = :holder", values: { holder: intent } },
    report || undefined,
  );
}
