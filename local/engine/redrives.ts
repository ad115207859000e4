import { maxOpenTimeMs, redrivablePeriodMs } from "./limits.js";

/** How many client tokens are remembered, and for how long after the redrive. */
const clientTokens = { count: 10, ms: 15 * 60 * 1000 };

/**
 * The redrives of one execution. After a restart, their client tokens are forgotten.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
 */
export class Redrives {
  /** The oldest first. */
  readonly #redrives: { date: Date; clientToken: string | undefined }[] = [];

  get count(): number {
    return this.#redrives.length;
  }

  get dates(): Date[] {
    return this.#redrives.map(({ date }) => date);
  }

  /** The time of the newest redrive. */
  get date(): Date | undefined {
    return this.#redrives.at(-1)?.date;
  }

  /** @param now milliseconds since the epoch. */
  add(clientToken: string | undefined, now: number): Date {
    const date = new Date(now);
    this.#redrives.push({ date, clientToken });
    return date;
  }

  /** The time at which the same request was carried out before, if it was. */
  repeated(clientToken: string | undefined, now: number): Date | undefined {
    if (clientToken === undefined) return undefined;
    const recent = this.#redrives.filter((redrive) => redrive.clientToken !== undefined);
    const redrive = recent.slice(-clientTokens.count).findLast((each) => each.clientToken === clientToken);
    return redrive && now - redrive.date.getTime() <= clientTokens.ms ? redrive.date : undefined;
  }
}

interface Redrivable {
  status: string;
  startDate: Date;
  stopDate: Date | undefined;
  history: { isFull: boolean };
}

/**
 * The reason why an execution cannot be redriven, in the API's words.
 * https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-eligibility
 */
export function redriveObstacle(execution: Redrivable, now: number): string | undefined {
  const { status, startDate, stopDate, history } = execution;
  if (status === "RUNNING" || status === "SUCCEEDED") return `Execution is ${status} and cannot be redriven`;
  if (history.isFull) return "Execution history event limit exceeded";
  if (now - startDate.getTime() > maxOpenTimeMs) return "Execution has exceeded the max execution time";
  const closedMs = now - (stopDate?.getTime() ?? now);
  return closedMs > redrivablePeriodMs ? "Execution redrivable period exceeded" : undefined;
}
