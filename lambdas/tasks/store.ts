import { type Changes, type Condition, type Key, secondsFromNow, Table } from "../aws/table.js";
import { recordKey, type TaskKey, type TaskRecord } from "../model/record.js";
import { LiveWorks } from "./live-works.js";
import { WatchedWorks } from "./watched-works.js";

/** Records of work that wants no task are kept this long, which is how long Step Functions reserves an execution's name. */
const keptForSeconds = 90 * 24 * 3600;

/** A search of Coder that found nothing is not repeated for this long. */
const searchedForSeconds = 3600;

/**
 * Longer than a Lambda that creates or stops a task may run (see `infra/definition/actions.ts`), so no holder of an expired
 * claim still acts.
 */
const lambdaMs = 130_000;

/** The task records. Each piece of work has one item, `pk = task#<repository id>#<work>`, `sk = record`. */
export class TaskStore {
  readonly #table = new Table();

  async get(key: TaskKey): Promise<TaskRecord | undefined> {
    return this.#table.get<TaskRecord>(recordKey(key));
  }

  /** Notes that the work may be wanted. Must be called before the record says so. */
  async noteWanted({ repositoryId, work }: TaskKey): Promise<void> {
    await new LiveWorks(repositoryId).note(work);
  }

  /** Changes the record and returns it; `undefined`, without a change, if the condition fails. */
  async update(
    key: TaskKey,
    changes: Changes<TaskRecord>,
    condition: Condition,
  ): Promise<TaskRecord | undefined> {
    const [record] = await Promise.all([
      this.#table.update<TaskRecord>(
        recordKey(key),
        { ...changes, ...(changes.status && { statusAt: Date.now() }), ...expiry(changes) },
        { condition },
      ),
      (changes.status || changes.pulls) && new WatchedWorks().note(key),
    ]);
    const isOnlyRefusal = changes.status?.state === "refused" && record?.wanted !== true;
    return record && isOnlyRefusal ? this.#expireUnlessWanted(key, record) : record;
  }

  /** A work with a live task can also get a refusal, and its record must not expire. */
  async #expireUnlessWanted(key: TaskKey, record: TaskRecord): Promise<TaskRecord> {
    const condition = {
      expression: "attribute_not_exists(#wanted) OR #wanted = :no",
      values: { no: false },
    };
    const expiresAt = secondsFromNow(keptForSeconds);
    return (await this.#table.update<TaskRecord>(recordKey(key), { expiresAt }, { condition })) ?? record;
  }

  /** Like `update`, for a flow that holds an intent. Changes nothing once a newer event has been claimed. */
  async updateAs(
    intent: number,
    key: TaskKey,
    changes: Changes<TaskRecord>,
  ): Promise<TaskRecord | undefined> {
    return this.update(key, changes, { expression: "#intent = :holder", values: { holder: intent } });
  }

  /**
   * Claims the creation or the removal of a task for a flow that holds an intent, and returns the record. `undefined` if a
   * newer event has been claimed, or if another holder is creating or removing the task. `holder` is an execution: its
   * retries and redrives still hold the claim, but another execution of the same delivery does not. `changes` are part of
   * the same write. `isFirst`: nothing is claimed if the record has a task.
   */
  async claimCreation(
    intent: number,
    key: TaskKey,
    holder: string,
    changes: Changes<TaskRecord> = {},
    { isFirst = false } = {},
  ): Promise<TaskRecord | undefined> {
    const now = Date.now();
    const isFree = "(attribute_not_exists(#creating) OR #creating.#holder = :me OR #creating.#until < :now)";
    return this.update(
      key,
      { creating: { holder, until: now + lambdaMs }, ...changes },
      {
        expression: `#intent = :intent AND ${isFree}${isFirst ? " AND attribute_not_exists(#task)" : ""}`,
        values: { intent, me: holder, now },
      },
    );
  }

  /**
   * Claims the stop of the task's agent for a flow that holds an intent; `false` if a newer event has been claimed. A flow
   * that wants the agent to continue waits until the claim ends. `changes` are part of the same write.
   */
  async claimStop(intent: number, key: TaskKey, changes: Changes<TaskRecord> = {}): Promise<boolean> {
    const stopping = { holder: String(intent), until: Date.now() + lambdaMs };
    return (await this.updateAs(intent, key, { ...changes, stopping })) !== undefined;
  }

  /** Ends the claim, even if a newer event has been claimed, and notes that the agent was stopped or may have been. */
  async releaseStop(intent: number, key: TaskKey): Promise<void> {
    const condition = { expression: "#stopping.#holder = :me", values: { me: String(intent) } };
    await this.update(key, { stopping: undefined, stopped: true }, condition);
  }

  /** Ends the claim, even if a newer event has been claimed. `changes` are part of the same write. */
  async releaseCreation(key: TaskKey, holder: string, changes: Changes<TaskRecord> = {}): Promise<void> {
    const condition = { expression: "#creating.#holder = :me", values: { me: holder } };
    await this.update(key, { ...changes, creating: undefined }, condition);
  }

  /** Remembers which work a branch's pull requests are for, for the repository that they are merged into. */
  async rememberBranch(branch: Branch, work: string): Promise<void> {
    await this.#table.update(branchKey(branch), { work, expiresAt: secondsFromNow(keptForSeconds) });
  }

  /** The work that earlier pull requests of the branch were for. */
  async workOfBranch(branch: Branch): Promise<string | undefined> {
    return (await this.#table.get<{ work: string }>(branchKey(branch)))?.work;
  }

  /**
   * Whether Coder may be searched for a task without a record. A search lists all tasks of a deployment, so each issue gets
   * one an hour for each purpose. A delivery may repeat its own search.
   */
  async maySearch(key: TaskKey, delivery: string, purpose: "tell" | "end"): Promise<boolean> {
    const now = secondsFromNow(0);
    const noted = await this.#table.update(
      { pk: recordKey(key).pk, sk: `search#${purpose}` },
      { delivery, expiresAt: now + searchedForSeconds },
      {
        condition: {
          expression: "attribute_not_exists(#delivery) OR #delivery = :me OR #expiresAt <= :now",
          values: { me: delivery, now },
        },
      },
    );
    return noted !== undefined;
  }
}

/** The head branch of pull requests into one repository. It may be in a fork. */
export interface Branch {
  baseRepositoryId: number;
  headRepositoryId: number;
  name: string;
}

function branchKey({ baseRepositoryId, headRepositoryId, name }: Branch): Key {
  return { pk: `task#${baseRepositoryId}#branch#${headRepositoryId}#${name}`, sk: "branch" };
}

/** A record expires only if no task is wanted. */
function expiry({ wanted }: Changes<TaskRecord>): { expiresAt?: number | undefined } {
  if (wanted === undefined) return {};
  return { expiresAt: wanted ? undefined : secondsFromNow(keptForSeconds) };
}
