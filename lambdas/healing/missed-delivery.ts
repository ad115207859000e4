import { createHash } from "node:crypto";
import type { Repository } from "../model/event.js";

/** A delivery that GitHub should have sent but didn't, with the parts of its payload that the relay reads. */
export interface MissedDelivery {
  /** The value of `X-GitHub-Event`. */
  type: string;
  payload: Record<string, unknown>;
  /** The reported fact, identified by GitHub's ids. One fact has one delivery, so it starts at most one execution. */
  fact: string;
  /** For operators: what GitHub shows and the relay has missed. */
  gap: string;
}

/** The GUID of a missed delivery: a version 8 UUID, derived from the fact. */
export function deliveryOf(fact: string): string {
  const hash = createHash("sha256").update(`coder-task-relay ${fact}`).digest("hex");
  const [a, b, c, d] = [hash.slice(0, 8), hash.slice(8, 12), hash.slice(13, 16), hash.slice(17, 20)];
  return `${a}-${b}-8${c}-8${d}-${hash.slice(20, 32)}`;
}

/** The fields that all payloads about a repository share, except the sender. */
export function commonPayload(
  installation: number,
  { id, name, owner, ownerId, private: isPrivate }: Repository,
): Record<string, unknown> {
  return {
    installation: { id: installation },
    repository: { id, name, private: isPrivate, owner: { id: ownerId, login: owner } },
  };
}

/** The issue as people write it. */
export function nameOf({ owner, name }: Repository, number: number): string {
  return `${owner}/${name}#${number}`;
}
