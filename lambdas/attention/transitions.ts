import { Inbox } from "../inbox/inbox.js";
import { mayWait } from "../inbox/meta.js";
import { type TaskKey, type TaskRecord, taskKey } from "../model/record.js";
import type { SourcedRecord, Telling } from "../status/mention.js";

/** A transition after which a person has to act. */
export interface Transition extends Omit<Telling, "mention"> {
  /** Since when: milliseconds since the epoch. */
  at: number;
  headline: string;
  shows?: "detail" | "report";
}

/** What the requester of an issue's work has to know, according to its status. */
export async function transitionOf(record: SourcedRecord): Promise<Transition | undefined> {
  const { source, status, statusAt: at = 0, intent } = record;
  if (!status || !("issue" in source)) return undefined;
  const page = source.issue;
  const { state, asks, reference, isRetried } = status;
  if (state === "failed" && !isRetried) {
    const transition = `failed#${reference ?? intent}`;
    return { transition, at, page, headline: "This has failed, and somebody has to act.", shows: "detail" };
  }
  if (asks) {
    const { transition, pull } = asks;
    return { transition, at, page: pull, headline: "The agent needs your help with CI.", shows: "detail" };
  }
  if (state !== "waiting") return undefined;
  const turn = await turnOf(record);
  const headline = "The agent has finished its turn and waits for you.";
  return turn === undefined ? undefined : { transition: turn, at, page, headline, shows: "report" };
}

const turnsOf = ({ intent }: TaskRecord) => `waits#${intent}#`;

/**
 * The name of the turn that is over, which counts what the agent was given: it may work and rest again by itself.
 * `undefined` if the requester was told since it rests, or if something still waits to be sent.
 */
async function turnOf(record: SourcedRecord): Promise<string | undefined> {
  const told = Object.entries(record.told ?? {}).filter(([name]) => name.startsWith(turnsOf(record)));
  if (told.some(([, { at, isDone }]) => isDone && at >= (record.statusAt ?? 0))) return undefined;
  const key: TaskKey = taskKey(record.source);
  const meta = await new Inbox(key).meta.read();
  return mayWait(meta) ? undefined : `${turnsOf(record)}${meta.stored ?? 0}`;
}
