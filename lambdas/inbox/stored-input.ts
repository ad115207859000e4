import { createHash } from "node:crypto";
import { previousBodyBytes } from "../model/event-limits.js";
import { cutToBytes } from "../text/bytes.js";
import type { Input } from "./message/input.js";

/** Longer than anybody redelivers (three days); a drain that waits for a busy agent renews it each day. */
export const inputSeconds = 8 * 24 * 3600;

/** One input of an inbox: a DynamoDB item. What was delivered or withdrawn leaves a trace without its text. */
export interface StoredInput {
  state: "waiting" | "delivered" | "withdrawn";
  /** The delivery that put it there, so that a second put of the same changes nothing. */
  delivery: string;
  /** Which text it is: grows with each edit of a comment and each attempt of a run, except for edits of one second. */
  version: string;
  /** The deliveries of earlier texts of the same version. */
  replaced?: string[];
  /** Its position among the others of its kind. */
  order: string;
  /** What the agent will be told; removed once it was. */
  input?: Input;
  /** Of a failed run: the commit that must still be the newest of its pull request. */
  head?: Head;
  /** Of a review or one of its comments: the review. */
  review?: ReviewLocation;
  /** The version that the agent was told, so that a later one is an edit. */
  deliveredVersion?: string;
  /** The fingerprint of that text (`fingerprintOf`): the agent need not have been told the text before an edit. */
  deliveredText?: string;
  /** A message with it was denied, because of this text or of another: it is sent alone, so that only one is dropped. */
  alone?: boolean;
  /** DynamoDB's time to live, in seconds since the epoch. */
  expiresAt: number;
}

/** The head commit of a pull request that a run was of, and the installation through which GitHub is asked for it. */
export interface Head {
  installation?: number;
  repository: { id?: number; owner: string; name: string };
  pull: number;
  sha: string;
}

/** A review, and the installation through which GitHub is asked for its comments. */
export interface ReviewLocation {
  id: number;
  pull: number;
  installation: number;
  repository: { owner: string; name: string };
}

/** An input that is about to be put. */
export interface NewInput {
  /** What it is, in any version: `comment#123`, `run#7#4711`. */
  identity: string;
  delivery: string;
  version: string;
  order: string;
  input: Input;
  head?: Head;
  review?: ReviewLocation;
}

/** An input that waits, with its text. */
export interface WaitingInput extends StoredInput {
  identity: string;
  input: Input;
  /** When it was put: milliseconds since the epoch. */
  queuedAt: number;
}

/** The fingerprint of a text: of as much of it as an edit keeps of the text before. */
export function fingerprintOf(body: string): string {
  return createHash("sha256").update(cutToBytes(body, previousBodyBytes).text).digest("base64url");
}
