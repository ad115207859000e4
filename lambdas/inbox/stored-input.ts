import { createHash } from "node:crypto";
import { previousBodyBytes } from "../model/event-limits.js";
import { cutToBytes } from "../text/bytes.js";
import type { Input } from "./message/input.js";

/** Longer than anybody redelivers (three days); a drain that waits for a busy agent renews it each day. */
export const inputSeconds = 8 * 24 * 3600;

/** One input of an inbox: a DynamoDB item. A delivered or withdrawn one stays, without its content. */
export interface StoredInput {
  state: "waiting" | "delivered" | "withdrawn";
  /** The delivery that put it there, so that a second put of the same changes nothing. */
  delivery: string;
  /** The version of its text: grows with each edit of a comment and each attempt of a run, except for edits of one second. */
  version: string;
  /** The deliveries of earlier texts of the same version. */
  replaced?: string[];
  /** Its position among the others of its kind. */
  order: string;
  /** The content to send; removed once it was delivered. */
  input?: Input;
  /** Of a failed run: the commit that must still be the newest of its pull request. */
  head?: Head;
  /** Of a review or one of its comments: the review. */
  review?: ReviewLocation;
  /** The version that was delivered, so that a later one is an edit. */
  deliveredVersion?: string;
  /** The fingerprint of that text (`fingerprintOf`): the text before an edit may never have been delivered. */
  deliveredText?: string;
  /** A message with it was denied, because of this text or of another: it is sent alone, so that only one is dropped. */
  alone?: boolean;
  /** DynamoDB's time to live, in seconds since the epoch. */
  expiresAt: number;
}

/** The head commit of a failed run's pull request, and the installation through which GitHub is asked for it. */
export interface Head {
  installation?: number;
  repository: { id?: number; owner: string; name: string };
  pull: number;
  sha: string;
  /** The input is about a conflict: it is over once the pull request can be merged. */
  isConflict?: boolean;
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

/** The fingerprint of a text, cut to the length that an edit keeps of the previous text. */
export function fingerprintOf(body: string): string {
  return createHash("sha256").update(cutToBytes(body, previousBodyBytes).text).digest("base64url");
}

/**
 * The content that is sent of an input. It has the text before an edit only if the agent got that text: a person whose
 * comments are not forwarded may have edited it in between.
 */
export function contentOf({ input, deliveredVersion, deliveredText }: WaitingInput): Input {
  if (input.kind === "failure") return input;
  const { previousBody, ...comment } = input;
  if (deliveredVersion === undefined || previousBody === undefined || previousBody === comment.body) {
    return comment;
  }
  const isDelivered = deliveredText === undefined || deliveredText === fingerprintOf(previousBody);
  return isDelivered ? input : comment;
}
