import { randomBytes } from "node:crypto";
import type { CoderBackend, CoderTask } from "../coder/port.js";
import { TextDeniedError, TransientError } from "../model/errors.js";
import { isReview, type TaskPull } from "../model/record.js";
import { log } from "../runtime/log.js";
import { addDeliveriesToLogContext } from "../runtime/log-context.js";
import { measure } from "../runtime/metrics.js";
import { referenceLine } from "../text/reference.js";
import type { Inbox } from "./inbox.js";
import { compose } from "./message/compose.js";
import type { Input } from "./message/input.js";
import type { Instructions } from "./message/wording.js";
import type { Batch, Drain, InboxMeta } from "./meta.js";
import { type Chosen, chooseMessage, type InboxOwner, type NextMessage } from "./next-message.js";
import { findIncomplete } from "./reviews.js";
import { contentOf, fingerprintOf, type WaitingInput } from "./stored-input.js";

/**
 * Longer than the Lambda can run. Until then, a send without a noted end may still arrive: another drain may have made it,
 * or this one before it was aborted and redriven.
 */
const underWayMs = 190_000;

/** The inbox, and the agent that can take a message. */
export interface Parties {
  drain: Drain;
  inbox: Inbox;
  owner: InboxOwner;
  backend: CoderBackend;
  task: CoderTask;
  instructions: Instructions;
  /** Whether the drain may wait for the missing comments of a review. */
  holds: boolean;
}

/**
 * `sent`: nothing else waits. `more`: sent, and something else waits. `urls` are those of the inputs that were sent.
 * `denied`: Coder rejects the text; `dropped` is the input that will not be sent. `refused`: the agent cannot take a message
 * after all, or we don't know if it got it. `held`: comments of a review are missing. `closed`: nothing waits.
 */
export type Delivery =
  | { outcome: "sent" | "more"; urls: string[] }
  | { outcome: "denied"; dropped?: { url: string; error: TextDeniedError } }
  | { outcome: "refused" | "held" | "closed" | "gone" | "superseded" };

/** Settles the open batch, chooses a message, sends it, and records the outcome. */
export async function deliver(parties: Parties, chosen: Chosen): Promise<Delivery> {
  const { inbox, owner, drain } = parties;
  const { batch } = chosen.meta;
  const settled = batch && (await settle(parties, batch, chosen.meta));
  if (settled === "under way") return { outcome: "refused" };
  let next = settled ? await reread(parties) : chosen;
  for (let attempt = 0; attempt < 10; attempt++) {
    if (!next) return { outcome: "superseded" };
    const choice = next.message ? next : await chooseMessage(inbox, owner, next.meta);
    if (choice === "closed" && settled === "delivered") return { outcome: "sent", urls: [] };
    if (typeof choice === "string") return { outcome: choice };
    const { meta, message } = choice;
    // Another Lambda of the same drain is sending.
    if (!message) return { outcome: "refused" };
    const { reviews, missing, isPart } = parties.holds
      ? await findIncomplete(inbox, message.inputs, meta)
      : { reviews: [], missing: new Set<string>(), isPart: false };
    // The rest of a review may have been stored since the message was chosen.
    const isOutrun = isPart && message.isAll;
    if (missing.size === 0 && !isOutrun) return send(parties, meta, message);
    if (missing.size > 0) {
      log.info("The message waits for the rest of a review", { ...drain, reviews, missing: missing.size });
      if (await inbox.meta.hold(meta, reviews, missing)) return { outcome: "held" };
    }
    next = await reread(parties);
  }
  throw new TransientError("The inbox changes too fast to send its inputs. It is retried.");
}

/** `undefined` if another drain has taken over. */
async function reread({ inbox, drain }: Parties): Promise<Chosen | undefined> {
  const meta = await inbox.meta.read();
  return meta.generation === drain.generation ? { meta } : undefined;
}

/** Finds out if a batch with an unknown outcome has arrived. */
async function settle(
  { inbox, backend, task }: Parties,
  batch: Batch,
  { repeated }: InboxMeta,
): Promise<"delivered" | "returned" | "under way"> {
  const reception = await backend.reception(task, referenceLine(batch.reference));
  log.info("The outcome of an earlier send was looked up", { reference: batch.reference, reception });
  if (reception === "received") {
    await inbox.outcomes.delivered(batch);
    return "delivered";
  }
  if (!batch.hasEnded && Date.now() - batch.startedAt < underWayMs) return "under way";
  await inbox.outcomes.returned(batch, { mayHaveArrived: reception === "unclear", repeated });
  return "returned";
}

/** Sends as many of the inputs as fit into one message. Stores the batch before the send, and closes it with the outcome. */
async function send(
  { drain, inbox, owner, backend, task, instructions }: Parties,
  meta: InboxMeta,
  { inputs, isRepetition, isAll }: NextMessage,
): Promise<Delivery> {
  const reference = randomBytes(4).toString("hex");
  const contents = inputs.map((input) => contentOf(input));
  const { text, taken } = compose(contents, {
    reference,
    instructions,
    isReviewed: (input) => isReviewed(input, owner),
    mayBeRepeated: isRepetition,
  });
  const sent = inputs.slice(0, taken);
  addDeliveriesToLogContext(sent.map(({ delivery }) => delivery));
  const batch = batchOf(sent, { reference, generation: drain.generation });
  if (!(await inbox.meta.begin(batch, meta, { isRepetition }))) return { outcome: "refused" };

  const outcome = await backend.send(task, text).catch(async (error: unknown) => {
    if (error instanceof TextDeniedError) return error;
    await inbox.meta.noteEnd(batch);
    throw error;
  });
  if (outcome instanceof TextDeniedError) {
    const dropped = await inbox.outcomes.denied(batch);
    log.warn("Coder denied the message", { ...drain, reference, inputs: taken, dropped });
    const [first] = sent;
    return {
      outcome: "denied",
      ...(first && dropped !== undefined && { dropped: { url: first.input.url, error: outcome } }),
    };
  }
  log.info("Sent to the agent", { ...drain, reference, inputs: taken, outcome });
  switch (outcome) {
    case "sent": {
      const isLast = isAll && taken === inputs.length;
      const hasEnded = await inbox.outcomes.delivered(batch, isLast ? meta : undefined);
      measureDelivery(sent);
      return { outcome: hasEnded ? "sent" : "more", urls: sent.map(({ input }) => input.url) };
    }
    case "unknown":
      await inbox.meta.noteEnd(batch);
      return { outcome: "refused" };
    case "busy":
    case "paused":
    case "gone":
      await inbox.outcomes.returned(batch, { mayHaveArrived: false });
      return { outcome: outcome === "gone" ? "gone" : "refused" };
  }
}

/** Whether the agent was only asked to review the pull request that an input is about. */
function isReviewed({ subject }: Input, { source, pulls }: InboxOwner): boolean {
  const isIt = ({ ask, repository: { owner, name }, number }: TaskPull) =>
    ask === "review" &&
    subject.kind === "pull" &&
    subject.number === number &&
    subject.repository === `${owner}/${name}`;
  return isReview(source) || pulls.some(isIt);
}

/** An input that is sent again is measured with its first message only. */
function measureDelivery(sent: readonly WaitingInput[]): void {
  const oldest = Math.min(...sent.map(({ queuedAt }) => queuedAt));
  if (oldest > 0) measure("InputDeliveryTime", Date.now() - oldest);
}

function batchOf(
  inputs: readonly WaitingInput[],
  { reference, generation }: Pick<Batch, "reference" | "generation">,
): Batch {
  const entries = inputs.map(({ identity, delivery, version, input }) => ({
    identity,
    delivery,
    version,
    ...(input.kind !== "failure" && { text: fingerprintOf(input.body) }),
  }));
  return { reference, generation, startedAt: Date.now(), entries };
}
