import { TransientError } from "../model/errors.js";
import type { TaskKey, TaskPull, WorkSource } from "../model/record.js";
import { log } from "../runtime/log.js";
import { byteLength } from "../text/bytes.js";
import type { Inbox } from "./inbox.js";
import { messageBytes } from "./message/limits.js";
import { section } from "./message/section.js";
import type { InboxMeta } from "./meta.js";
import { Relevance } from "./relevance.js";
import { contentOf, type WaitingInput } from "./stored-input.js";

/** The inputs of the next message. */
export interface NextMessage {
  inputs: WaitingInput[];
  /** Whether they were sent before and may have arrived. */
  isRepetition: boolean;
  /** Whether nothing else waits. */
  isAll: boolean;
}

/** Whose inbox it is, the source of its work, and its pull requests. */
export interface InboxOwner {
  key: TaskKey;
  source: WorkSource | undefined;
  pulls: readonly TaskPull[];
}

/** The next message, and the `meta` that was read before it was chosen. There is no message while a batch is open. */
export interface Chosen {
  meta: InboxMeta;
  message?: NextMessage;
}

/** Ends the drain if nothing waits. */
export async function closeIfEmpty(
  inbox: Inbox,
  known: InboxMeta,
): Promise<"closed" | "superseded" | undefined> {
  let meta = known;
  for (let attempt = 0; attempt < 10; attempt++) {
    if (meta.generation !== known.generation) return "superseded";
    if (meta.batch) return undefined;
    await inbox.queueEarlier(meta);
    if (await inbox.hasWaiting()) return undefined;
    if (await inbox.meta.close(meta)) return "closed";
    meta = await inbox.meta.read();
  }
  throw new TransientError("The inbox changes too fast to be closed. It is retried.");
}

/** Chooses the next message of a drain, or ends the drain if nothing waits. */
export async function chooseMessage(
  inbox: Inbox,
  owner: InboxOwner,
  known: InboxMeta,
): Promise<Chosen | "closed" | "superseded"> {
  let meta = known;
  for (let attempt = 0; attempt < 10; attempt++) {
    if (meta.generation !== known.generation) return "superseded";
    if (meta.batch) return { meta };
    const message = await nextMessage(inbox, meta, owner);
    if (message.inputs.length > 0) return { meta, message };
    if (await inbox.meta.close(meta)) return "closed";
    meta = await inbox.meta.read();
  }
  throw new TransientError("The inbox changes too fast to be read. It is retried.");
}

/**
 * Chooses the inputs of the next message, and reads only these. Inputs that may have arrived are not sent together with new
 * ones, because their message says that it may be a repetition. Each input of a denied message is sent alone.
 */
async function nextMessage(inbox: Inbox, meta: InboxMeta, owner: InboxOwner): Promise<NextMessage> {
  await inbox.queueEarlier(meta);
  const repeated = await take(await inbox.waitingOf(meta.repeated ?? []), inbox, owner);
  if (repeated.inputs.length > 0) return { inputs: repeated.inputs, isRepetition: true, isAll: false };
  const { inputs, isAll } = await take(inbox.waiting(), inbox, owner);
  return { inputs, isRepetition: false, isAll };
}

/** Takes inputs until they fill a message, but at least one, and drops those that are no longer relevant. */
async function take(
  waiting: AsyncIterable<WaitingInput> | Iterable<WaitingInput>,
  inbox: Inbox,
  owner: InboxOwner,
): Promise<{ inputs: WaitingInput[]; isAll: boolean }> {
  const inputs: WaitingInput[] = [];
  const relevance = new Relevance(owner.key);
  let room = messageBytes;
  for await (const input of waiting) {
    const isFirst = inputs.length === 0;
    if (!isFirst && (room <= 0 || input.alone || inputs[0]?.alone)) return { inputs, isAll: false };
    const current = await asOfNow(input, owner, relevance);
    if (!current) {
      log.info(
        "Dropped: its commit is no longer the head of one of the agent's pull requests, or the failure or conflict is resolved",
        {
          ...owner.key,
          identity: input.identity,
        },
      );
      await inbox.outcomes.drop(input);
      continue;
    }
    inputs.push(current);
    room -= byteLength(section(contentOf(current)));
  }
  return { inputs, isAll: true };
}

/** The input as it is now; `undefined` if it has lost its relevance. Only CI failures and conflicts can change. */
async function asOfNow(
  stored: WaitingInput,
  { source }: InboxOwner,
  relevance: Relevance,
): Promise<WaitingInput | undefined> {
  const { head, input } = stored;
  const installation = head?.installation ?? source?.installation;
  if (!head || installation === undefined) return stored;
  const now = await relevance.asOfNow(input, { ...head, installation });
  return now && { ...stored, input: now };
}
