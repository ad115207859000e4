import { type Key, secondsFromNow, Table } from "../aws/table.js";

/** A sweep goes through all repositories, in as many runs as it needs. */
export interface SweepState {
  /** When it began: milliseconds since the epoch. */
  startedAt: number;
  /** The last repository that was processed; absent at the beginning. */
  position?: Position | undefined;
  /** How many tasks are alive in the processed repositories. */
  alive?: number | undefined;
  /** Some repositories could not be processed. */
  hasGaps?: boolean | undefined;
}

/** Installations and their repositories are processed in the order of their ids. */
export interface Position {
  installation: number;
  repository: number;
}

interface Reconciled {
  /** Everything before this time has been checked (milliseconds since the epoch). */
  until?: number | undefined;
  sweep?: SweepState | undefined;
}

/** Step Functions reserves an execution's name for the same time. */
const keptForSeconds = 90 * 24 * 3600;

const pk = "healing#reconcile";
const key: Key = { pk, sk: "state" };
const table = new Table();

/** The state that is kept between runs. Only the holder of the runs' lease may write it. */
export class SweepStore {
  async read(): Promise<Reconciled> {
    return (await table.get<Reconciled>(key)) ?? {};
  }

  async write(state: Reconciled): Promise<void> {
    await table.update<Reconciled>(key, { until: state.until, sweep: state.sweep });
  }

  /** Whether a fact needs no further action, because a flow was started for it or a webhook reported it. */
  async isDone(fact: string): Promise<boolean> {
    return (await table.get({ pk, sk: `fact#${fact}` })) !== undefined;
  }

  async noteDone(fact: string): Promise<void> {
    await table.update({ pk, sk: `fact#${fact}` }, { expiresAt: secondsFromNow(keptForSeconds) });
  }
}
