import { createHash } from "node:crypto";
import type { Repository } from "../model/event.js";

/** A delivery that GitHub should have sent and did not, with the parts of its payload that the relay reads. */
export interface MissedDelivery {
  /** The value of `X-GitHub-Event`. */
  type: string;
  payload: Record<string, unknown>;
  /** What it reports, by GitHub's ids: one fact has one delivery, so it starts one execution at most. */
  fact: string;
  /** For operators: what GitHub shows, and what the relay has missed. */
  gap: string;
}

/** The GUID of a missed delivery: a UUID of version 8 that is made of the fact. */
export function deliveryOf(fact: string): string {
  const hash = createHash("sha256").update(`coder-task-relay ${fact}`).digest("hex");
  const [a, b, c, d] = [hash.slice(0, 8), hash.slice(8, 12), hash.slice(13, 16), hash.slice(17, 20)];
  return `${a}-${b}-8${c}-8${d}-${hash.slice(20, 32)}`;
}

/** The fields of every payload about a repository but the sender. */
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
