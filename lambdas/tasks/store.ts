import { type Changes, type Condition, type Key, secondsFromNow, Table } from "../aws/table.js";
import type { TaskKey, TaskRecord } from "../model/record.js";

/** Records of issues that want no task are kept this long: as long as Step Functions keeps a name taken. */
const keptForSeconds = 90 * 24 * 3600;

/** How long a search of Coder that has found nothing counts. */
const searchedForSeconds = 3600;

/**
 * Longer than a Lambda that creates or stops a task may run (see `infra/actions.ts`): whoever held a claim that has
 * expired is not about to do anything any more.
 */
const lambdaMs = 130_000;

/** The task records: one item an issue, `pk = task#<repository id>#<work>`, `sk = record`. */
export class TaskStore {
  readonly #table = new Table();

  async get(key: TaskKey): Promise<TaskRecord | undefined> {
    return this.#table.get<TaskRecord>(recordKey(key));
  }

  /** Changes the record and returns it as it is then; `undefined`, and no change, where the condition fails. */
  async update(
    key: TaskKey,
    changes: Changes<TaskRecord>,
    condition: Condition,
  ): Promise<TaskRecord | undefined> {
    const record = await this.#table.update<TaskRecord>(
      recordKey(key),
      { ...changes, ...expiry(changes) },
      { condition },
    );
    const isOnlyRefusal = changes.status?.state === "refused" && record?.wanted !== true;
    return record && isOnlyRefusal ? this.#expireUnlessWanted(key, record) : record;
  }

  /** Live tasks can get a refusal too: their records must stay. */
  async #expireUnlessWanted(key: TaskKey, record: TaskRecord): Promise<TaskRecord> {
    const condition = {
      expression: "attribute_not_exists(#wanted) OR #wanted = :no",
      values: { no: false },
    };
    const expiresAt = secondsFromNow(keptForSeconds);
    return (await this.#table.update<TaskRecord>(recordKey(key), { expiresAt }, { condition })) ?? record;
  }

  /** As `update`, for a flow that holds an intent: nothing is changed once a newer event has been claimed. */
  async updateAs(
    intent: number,
    key: TaskKey,
    changes: Changes<TaskRecord>,
  ): Promise<TaskRecord | undefined> {
    return this.update(key, changes, { expression: "#intent = :holder", values: { holder: intent } });
  }

  /**
   * Claims the creation, or the removal, of the task for a flow that holds an intent; `false` if a newer event
   * has been claimed, or another holder is creating or removing it. `holder` is an execution: its retries and redrives
   * hold the claim already; another execution of the same delivery does not.
   */
  async claimCreation(intent: number, key: TaskKey, holder: string): Promise<boolean> {
    const now = Date.now();
    const claimed = await this.update(
      key,
      { creating: { holder, until: now + lambdaMs } },
      {
        expression:
          "#intent = :intent AND (attribute_not_exists(#creating) OR #creating.#holder = :me OR #creating.#until < :now)",
        values: { intent, me: holder, now },
      },
    );
    return claimed !== undefined;
  }

  /** As `update`, for whoever holds the claim of the creation or the removal, whatever has become of the intent. */
  async updateHeld(
    holder: string,
    key: TaskKey,
    changes: Changes<TaskRecord>,
  ): Promise<TaskRecord | undefined> {
    return this.update(key, changes, { expression: "#creating.#holder = :me", values: { me: holder } });
  }

  /**
   * Claims the stop of the task's agent for a flow that holds an intent; `false` where a newer event has been
   * claimed. So that whoever wants the agent to go on can wait for a stop that is under way.
   */
  async claimStop(intent: number, key: TaskKey): Promise<boolean> {
    const stopping = { holder: String(intent), until: Date.now() + lambdaMs };
    return (await this.updateAs(intent, key, { stopping })) !== undefined;
  }

  /** Ends the claim, whatever has become of the flow's intent meanwhile: the agent was stopped, or may have been. */
  async releaseStop(intent: number, key: TaskKey): Promise<void> {
    const condition = { expression: "#stopping.#holder = :me", values: { me: String(intent) } };
    await this.update(key, { stopping: undefined, stopped: true }, condition);
  }

  /** Ends a claim, whatever has become of the flow's intent meanwhile. */
  async releaseCreation(key: TaskKey, holder: string): Promise<void> {
    const condition = { expression: "#creating.#holder = :me", values: { me: holder } };
    await this.update(key, { creating: undefined }, condition);
  }

  /** Remembers whose pull requests a branch is for, in the repository that they are to be merged into. */
  async rememberBranch(branch: Branch, work: string): Promise<void> {
    await this.#table.update(branchKey(branch), { work, expiresAt: secondsFromNow(keptForSeconds) });
  }

  /** The work of that repository that a branch was seen with before. */
  async workOfBranch(branch: Branch): Promise<string | undefined> {
    return (await this.#table.get<{ work: string }>(branchKey(branch)))?.work;
  }

  /**
   * Whether Coder may be searched for a task without a record, to tell it something or to end it: for either, once an
   * hour for each issue, or again by the same delivery, for a search lists all tasks of a deployment.
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

function recordKey({ repositoryId, work }: TaskKey): Key {
  return { pk: `task#${repositoryId}#${work}`, sk: "record" };
}

/** A branch as the head of pull requests into one repository; its own may be a fork. */
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
