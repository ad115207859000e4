import { type Key, secondsFromNow, Table } from "../aws/table.js";
import type { Service } from "../model/errors.js";

/** Shorter than the 14 days in which Step Functions redrives an execution. */
const keptForSeconds = 13 * 24 * 3600;

/** A failed run that is to be redriven. */
export interface FailedRun {
  /** The execution's ARN. */
  execution: string;
  /** How often it has been redriven. */
  redrives: number;
  /** The service that failed; undefined if it is an AWS service. */
  service?: Service | undefined;
  /** The earliest time for the next redrive, in milliseconds since the epoch. */
  dueAt: number;
}

const pk = "redrive#runs";

/** The failed runs that wait for a redrive. */
export class FailedRuns {
  readonly #table = new Table();

  async keep(run: FailedRun): Promise<void> {
    await this.#table.update<FailedRun & { expiresAt: number }>(keyOf(run), {
      ...run,
      expiresAt: secondsFromNow(keptForSeconds),
    });
  }

  /** Sorted by the time of their next redrive. */
  async list(): Promise<FailedRun[]> {
    const runs = await this.#table.query<FailedRun>(pk, "");
    return runs.sort((a, b) => a.dueAt - b.dueAt);
  }

  /** Does nothing if the run has failed again in the meantime. */
  async remove(run: FailedRun): Promise<void> {
    await this.#table.delete(keyOf(run), {
      expression: "#redrives = :redrives",
      values: { redrives: run.redrives },
    });
  }
}

function keyOf({ execution }: FailedRun): Key {
  return { pk, sk: execution };
}
