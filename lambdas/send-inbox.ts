import { randomBytes } from "node:crypto";
import * as z from "zod/mini";
import { connectCoder } from "./coder/connect.js";
import type { CoderBackend, CoderTask } from "./coder/port.js";
import { agentEnvironment, instructionEnvironment } from "./environment.js";
import { agentWaitSchema, drainSchema, parseInput } from "./flow-input.js";
import { connectGitHub } from "./github/app.js";
import { RepositoryClient } from "./github/repository.js";
import { Inbox, type Waiting } from "./inbox/inbox.js";
import type { Batch } from "./inbox/stored-input.js";
import { log } from "./log.js";
import { compose } from "./message/compose.js";
import { referenceLine } from "./message/reference.js";
import { defaultInstructions } from "./message/wording.js";
import { StatusComment } from "./status-comment/status-comment.js";
import type { AgentWait } from "./tasks/observe.js";
import type { IssueSource, TaskRecord } from "./tasks/record.js";
import { TaskStore } from "./tasks/store.js";

const inputSchema = z.object({ drain: drainSchema, wait: agentWaitSchema });

/** Longer than a send that is under way can take: another drain's may still arrive until then. */
const underWayMs = 70_000;

const store = new TaskStore();
const { AGENT_GITHUB_USERNAME: agent } = agentEnvironment();
const settings = instructionEnvironment();
const instructions = {
  comment: settings.COMMENT_INSTRUCTION ?? defaultInstructions.comment,
  failure: settings.FAILURE_INSTRUCTION ?? defaultInstructions.failure,
  several: settings.SEVERAL_INSTRUCTION ?? defaultInstructions.several,
};

export interface Sending {
  /** `again`: it did not listen, or may have; look once more. */
  outcome: "sent" | "again" | "gone" | "superseded";
  /** The wait so far, with one more refusal where it did not listen. */
  wait: AgentWait;
}

/**
 * Sends all that waits as one message, as much as one holds. What is being sent is noted before, and marked as
 * delivered after; where the outcome of an earlier sending is unknown, the task's log is read before anything
 * else is sent.
 */
export async function handler(input: unknown): Promise<Sending> {
  const { drain, wait } = parseInput(inputSchema, input);
  const record = await store.get(drain);
  const { backend } = await connectCoder();
  const task = record?.task && (await backend.find(record.task));
  if (!record || !task) return { outcome: "gone", wait };

  const inbox = new Inbox(drain);
  const again: Sending = { outcome: "again", wait: { ...wait, refusals: wait.refusals + 1, ready: false } };
  const { generation, batch: open } = await inbox.state();
  if (generation !== drain.generation) return { outcome: "superseded", wait };
  const settled = open ? await settle(inbox, open, backend, task, generation) : "nothing";
  if (settled === "open") return again;

  const inputs = await relevant(inbox, record.source);
  const [first] = inputs;
  if (!first) return { outcome: "sent", wait };
  const reference = randomBytes(4).toString("hex");
  const options = { reference, instructions, mayBeRepeated: settled === "unclear" };
  const { text, taken } = compose(
    inputs.map((entry) => toldAs(entry)),
    options,
  );
  const entries = inputs.slice(0, taken).map(({ identity, version }) => ({ identity, version }));
  const batch: Batch = { reference, generation, startedAt: Date.now(), entries };
  if (!(await inbox.begin(batch))) return again;

  const outcome = await backend.send(task, text);
  log.info("Sent to the agent", { ...drain, reference, entries: entries.length, outcome });
  switch (outcome) {
    case "sent":
      await inbox.delivered(batch);
      await endFailure(record, drain.generation);
      return { outcome: "sent", wait };
    case "unknown":
      return again;
    case "busy":
    case "gone":
      await inbox.returned(batch);
      return outcome === "gone" ? { outcome, wait } : again;
  }
}

/** Finds out what became of a batch whose outcome is unknown. `open`: not yet. */
async function settle(
  inbox: Inbox,
  batch: Batch,
  backend: CoderBackend,
  task: CoderTask,
  generation: number,
): Promise<"delivered" | "returned" | "unclear" | "open"> {
  const reception = await backend.reception(task, referenceLine(batch.reference));
  log.info("A sending of unknown outcome was looked for", { reference: batch.reference, reception });
  if (reception === "received") {
    await inbox.delivered(batch);
    return "delivered";
  }
  const mayBeUnderWay = batch.generation !== generation && Date.now() - batch.startedAt < underWayMs;
  if (mayBeUnderWay) return "open";
  await inbox.returned(batch);
  return reception === "unclear" ? "unclear" : "returned";
}

/** What waits, without failed runs whose pull request has moved on. */
async function relevant(inbox: Inbox, source: IssueSource | undefined): Promise<Waiting[]> {
  const all = await inbox.waiting();
  const isRelevant = await Promise.all(
    all.map(async ({ head, identity, ...entry }) => {
      if (!head || !source) return true;
      const app = await connectGitHub();
      const repository = new RepositoryClient(app.installation(source.installation), head.repository);
      if (await repository.isHeadCurrent(head.pull, head.sha, agent)) return true;
      log.info("Dropped: the head of the pull request has changed since", { identity });
      await inbox.drop({ identity, version: entry.version });
      return false;
    }),
  );
  return all.filter((_, i) => isRelevant[i]);
}

/** The text before an edit is told only where the agent was told that text. */
function toldAs({ input, deliveredVersion }: Waiting): Waiting["input"] {
  if (input.kind === "failure" || deliveredVersion !== undefined) return input;
  const { previousBody: _, ...comment } = input;
  return comment;
}

/** A status comment that told of a failure to deliver says again that the agent runs. */
async function endFailure({ status, source, intent }: TaskRecord, generation: number): Promise<void> {
  if (status?.state !== "failed" || !source) return;
  const comment = new StatusComment(store, await connectGitHub(), source, `drain-${generation}`);
  await comment.say({ state: "running" }, { expression: "#intent = :holder", values: { holder: intent } });
}
