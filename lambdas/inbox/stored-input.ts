import { createHash } from "node:crypto";
import { previousBodyBytes } from "../model/event-limits.js";
import { cutToBytes } from "../text/bytes.js";
import type { Input } from "./message/input.js";

/** One entry of an inbox: a DynamoDB item. What was delivered or withdrawn leaves its trace, without its text. */
export interface StoredInput {
  state: "waiting" | "delivered" | "withdrawn";
  /** The delivery that put it there, so that a second put of the same changes nothing. */
  delivery: string;
  /** Which text it is: grows with each edit of a comment and each attempt of a run, but for edits of one second. */
  version: string;
  /** The deliveries of earlier texts of the same version. */
  replaced?: string[];
  /** Where it stands among the others of its kind. */
  order: string;
  /** What the agent will be told; gone once it was. */
  input?: Input;
  /** Of a failed run: by what it is seen whether the pull request has moved on. */
  head?: Head;
  /** The version that the agent was told, so that a later one is an edit. */
  deliveredVersion?: string;
  /** What that text was known by (`fingerprintOf`): what was there before an edit need not have been told. */
  deliveredText?: string;
  /** It was sent, and nobody can tell whether it has arrived: it is sent again, with a word about that. */
  mayHaveArrived?: boolean;
  /** A message with it was denied, by this text or by another: it is sent alone, so that only the one is dropped. */
  alone?: boolean;
  /** DynamoDB's time to live, in seconds since the epoch. */
  expiresAt: number;
}

/** The commit of a pull request that a run was of, and through which installation that one is asked for. */
export interface Head {
  installation?: number;
  repository: { id?: number; owner: string; name: string };
  pull: number;
  sha: string;
}

/** An entry that is about to be put. */
export interface NewInput {
  /** What it is, whatever its version: `comment#123`, `run#7#4711`. */
  identity: string;
  delivery: string;
  version: string;
  order: string;
  input: Input;
  head?: Head;
}

/** What is being sent, from before the sending until its outcome is known. */
export interface Batch {
  /** The reference in the message, by which it is found in the task's log. */
  reference: string;
  /** Who sends it. */
  generation: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** The sending is not under way any more. Missing where its Lambda has died. */
  hasEnded?: boolean;
  entries: BatchEntry[];
}

export interface BatchEntry extends Pick<NewInput, "identity" | "delivery" | "version"> {
  /** What its text is known by. */
  text?: string | undefined;
}

/** What a text is known by: as much of it as an edit keeps of the text before. */
export function fingerprintOf(body: string): string {
  return createHash("sha256").update(cutToBytes(body, previousBodyBytes).text).digest("base64url");
}

/** What is known of an inbox as a whole: one DynamoDB item. */
export interface InboxState {
  /** Counts the drains: the fencing token of the one that may send. */
  generation: number;
  /** Counts what was put. */
  puts: number;
  /** Counts the batches. */
  sendings: number;
  /** Messages about failed runs of pull requests since somebody last said something, or a new agent began. */
  failureRounds?: number;
  batch?: Batch;
  /** DynamoDB's time to live, in seconds since the epoch. */
  expiresAt?: number;
}
