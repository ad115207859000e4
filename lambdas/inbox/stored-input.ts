import { createHash } from "node:crypto";
import type { FailedRunOf } from "../github/runs.js";
import { previousBodyBytes } from "../model/event-limits.js";
import type { FailedCheck } from "../model/relayed.js";
import { cutToBytes } from "../text/bytes.js";
import type { Input } from "./message/input.js";

/** Longer than GitHub allows redeliveries (three days). A drain that waits for a busy agent extends it each day. */
export const inputSeconds = 8 * 24 * 3600;

/** One input of an inbox, as a DynamoDB item. A delivered or withdrawn input stays, without its content. */
export interface StoredInput {
  state: "waiting" | "delivered" | "withdrawn";
  /** The delivery that put it, so a second put by that delivery changes nothing. */
  delivery: string;
  /** The version of its text. It grows with each edit of a comment (unless within one second) and each attempt of a run. */
  version: string;
  /** The deliveries of earlier texts of the same version. */
  replaced?: string[];
  /** Its position among the others of its kind. */
  order: string;
  /** The content to send. Removed once delivered. */
  input?: Input;
  /** For a CI failure or a conflict: the commit and what failed there, so the input is dropped once that is resolved. */
  head?: Head;
  /** For a review or one of its comments: the review. */
  review?: ReviewLocation;
  /** The version that was delivered. A later one is sent as an edit. */
  deliveredVersion?: string;
  /** The fingerprint of that text (`fingerprintOf`): the text before an edit may never have been delivered. */
  deliveredText?: string;
  /** A message with it was denied, for this text or another's. So it is sent alone, and only the culprit is dropped. */
  alone?: boolean;
  /** DynamoDB's time to live, in seconds since the epoch. */
  expiresAt: number;
}

/** The commit of a CI failure or a conflict, and the installation that can read it. */
export interface Head {
  installation?: number;
  repository: { id?: number; owner: string; name: string };
  /** The pull request whose newest commit it must still be. A failing branch has none, and a newer commit may fix it. */
  pull?: number;
  sha: string;
  /** The input is about a conflict, which is resolved once the pull request can be merged. */
  isConflict?: boolean;
  /** The input is about a failed workflow run or a failed check of other CI, and is resolved once that has passed. */
  run?: FailedRunOf;
  check?: Pick<FailedCheck, "kind" | "app" | "name">;
}

/** A review, and the installation that can read its comments. */
export interface ReviewLocation {
  id: number;
  pull: number;
  installation: number;
  repository: { owner: string; name: string };
}

/** An input that is about to be put. */
export interface NewInput {
  /** The same for all its versions: `comment#123`, `run#7#4711`. */
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

/** The fingerprint of a text. The text is cut first, because an edit event keeps only that much of the previous text. */
export function fingerprintOf(body: string): string {
  return createHash("sha256").update(cutToBytes(body, previousBodyBytes).text).digest("base64url");
}

/**
 * The content of an input as it is sent. It includes the text before an edit only if the agent got that text, because a
 * person whose comments are not forwarded may have edited it in between.
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
