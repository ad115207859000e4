import { type Key, secondsFromNow, Table } from "../aws/table.js";

/** A sweep goes through all repositories, in as many runs as it needs. */
export interface SweepState {
  /** When it began: milliseconds since the epoch. */
  startedAt: number;
  /** The repository that was looked at last; absent at the beginning. */
  position?: Position | undefined;
  /** How many tasks are alive in the repositories that were looked at. */
  alive?: number | undefined;
  /** Some repositories could not be looked at. */
  hasGaps?: boolean | undefined;
}

/** Installations and their repositories are looked at in the order of their ids. */
export interface Position {
  installation: number;
  repository: number;
}

interface Reconciled {
  /** Everything before was looked at: milliseconds since the epoch. */
  until?: number | undefined;
  sweep?: SweepState | undefined;
}

/** As long as Step Functions reserves an execution's name. */
const keptForSeconds = 90 * 24 * 3600;

const pk = "healing#reconcile";
const key: Key = { pk, sk: "state" };
const table = new Table();

/** What is known from one run to the next. Writing needs the lease of the runs. */
export class SweepStore {
  async read(): Promise<Reconciled> {
    return (await table.get<Reconciled>(key)) ?? {};
  }

  async write(state: Reconciled): Promise<void> {
    await table.update<Reconciled>(key, { until: state.until, sweep: state.sweep });
  }

  /** Whether a fact needs nothing any more: a flow was started for it, or a webhook had told it. */
  async isDone(fact: string): Promise<boolean> {
    return (await table.get({ pk, sk: `fact#${fact}` })) !== undefined;
  }

  async noteDone(fact: string): Promise<void> {
    await table.update({ pk, sk: `fact#${fact}` }, { expiresAt: secondsFromNow(keptForSeconds) });
  }
}
