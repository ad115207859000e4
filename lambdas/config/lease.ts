import { randomUUID } from "node:crypto";
import { type Key, secondsFromNow, Table } from "../aws/table.js";
import { TaskBusyError } from "../model/errors.js";

/** Longer than its holder may run (`infra/definition/actions.ts`): the holder of an expired lease has stopped. */
const leaseMs = 250_000;

/** DynamoDB deletes the item after this time; it has no meaning once the lease has expired. */
const keptForSeconds = 24 * 3600;

interface LeaseItem {
  holder?: string;
  /** Milliseconds since the epoch. */
  until?: number;
  expiresAt: number;
}

const table = new Table();

/** The lease of a repository's schedules: only its holder may change them. */
export function schedulesLease(repositoryId: number): Key {
  return { pk: `config#${repositoryId}`, sk: "schedules" };
}

/** The lease of one commit's check run. */
export function checkLease(repositoryId: number, sha: string): Key {
  return { pk: `config#${repositoryId}`, sk: `check#${sha}` };
}

/**
 * Runs a function under a lease that nobody else can hold at the same time, not even a second invocation for the same
 * delivery. Throws a `TaskBusyError` if the lease is taken; the `busy` policy then retries.
 */
export async function withLease<Result>(key: Key, work: () => Promise<Result>): Promise<Result> {
  const holder = randomUUID();
  const now = Date.now();
  const item: LeaseItem = { holder, until: now + leaseMs, expiresAt: secondsFromNow(keptForSeconds) };
  const held = await table.update<LeaseItem>(key, item, {
    condition: { expression: "attribute_not_exists(#holder) OR #until < :now", values: { now } },
  });
  if (!held) {
    throw new TaskBusyError(
      "Another execution holds the lease of this repository's config. This one retries until the lease is free.",
    );
  }
  try {
    return await work();
  } finally {
    await table.update<LeaseItem>(
      key,
      { holder: undefined, until: undefined },
      { condition: { expression: "#holder = :me", values: { me: holder } } },
    );
  }
}
