import type { Changes, Condition, Key, Table } from "../aws/table.js";
import type { TaskKey } from "../model/record.js";
import type { StoredInput } from "./stored-input.js";

export const parallelWrites = 25;

/** The partition of an inbox. */
export function inboxPartition({ repositoryId, work }: TaskKey): string {
  return `inbox#${repositoryId}#${work}`;
}

/** The inputs of one inbox as DynamoDB items, `input#<identity>`. */
export class InputItems {
  constructor(
    private readonly table: Table,
    private readonly pk: string,
  ) {}

  get(identity: string): Promise<StoredInput | undefined> {
    return this.table.get<StoredInput>(this.#key(identity));
  }

  /** Returns the changed input; `undefined`, without a change, if the condition fails. */
  update(
    identity: string,
    changes: Changes<StoredInput>,
    condition?: Condition,
  ): Promise<StoredInput | undefined> {
    return this.table.update<StoredInput>(this.#key(identity), changes, condition && { condition });
  }

  #key(identity: string): Key {
    return { pk: this.pk, sk: `input#${identity}` };
  }
}

export function isWaiting(): Condition {
  return { expression: "#state = :waiting", values: { waiting: "waiting" } };
}

/** Calls `run` for each item, at most `parallelWrites` at once. */
export async function inParallel<T, Result>(
  items: readonly T[],
  run: (item: T) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let i = 0; i < items.length; i += parallelWrites) {
    results.push(...(await Promise.all(items.slice(i, i + parallelWrites).map(run))));
  }
  return results;
}
