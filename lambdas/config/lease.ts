import { randomUUID } from "node:crypto";
import { type Key, secondsFromNow, Table } from "../aws/table.js";
import { TaskBusyError } from "../model/errors.js";

/** Longer than a Lambda that holds one may run (see `infra/definition/actions.ts`): who held one that is over acts no more. */
const leaseMs = 250_000;

/** A lease leaves an item behind that means nothing once it is over. */
const keptForSeconds = 24 * 3600;

interface LeaseItem {
  holder?: string;
  /** Milliseconds since the epoch. */
  until?: number;
  expiresAt: number;
}

const table = new Table();

/** For a repository's schedules: whoever holds it may change them. */
export function schedulesLease(repositoryId: number): Key {
  return { pk: `config#${repositoryId}`, sk: "schedules" };
}

/** For the check run of one commit. */
export function checkLease(repositoryId: number, sha: string): Key {
  return { pk: `config#${repositoryId}`, sk: `check#${sha}` };
}

/**
 * Does something that nobody else may do at the same time, not even a second invocation for the same delivery. Throws
 * a `TaskBusyError` where somebody else is at it; the `busy` policy then comes back.
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
      "Another run is at this repository's config. This one goes on once that is done.",
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
