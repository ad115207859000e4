import { randomUUID } from "node:crypto";
import { TaskBusyError } from "../model/errors.js";
import { type Key, secondsFromNow, Table } from "./table.js";

/** DynamoDB deletes the item after this time; once the lease has expired, the item means nothing. */
const keptForSeconds = 24 * 3600;

/** Something that only one execution may do at a time. */
export interface Lease {
  key: Key;
  /** Milliseconds. Longer than its holder may run, so the holder of an expired lease has certainly stopped. */
  ms: number;
  /** The purpose of the lease, to complete "holds the lease of". */
  of: string;
}

interface LeaseItem {
  holder?: string;
  /** Milliseconds since the epoch. */
  until?: number;
  expiresAt: number;
}

const table = new Table();

/**
 * Runs a function under a lease that nobody else can hold at the same time, not even a second invocation for the same
 * delivery. Throws a `TaskBusyError` if the lease is taken; the `busy` policy then retries.
 */
export async function withLease<Result>(
  { key, ms, of }: Lease,
  work: () => Promise<Result>,
): Promise<Result> {
  const holder = randomUUID();
  const now = Date.now();
  const item: LeaseItem = { holder, until: now + ms, expiresAt: secondsFromNow(keptForSeconds) };
  const held = await table.update<LeaseItem>(key, item, {
    condition: { expression: "attribute_not_exists(#holder) OR #until < :now", values: { now } },
  });
  if (!held) {
    throw new TaskBusyError(
      `Another execution holds the lease of ${of}. This one retries until the lease is free.`,
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
