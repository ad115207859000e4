import type { Engine } from "../engine/index.js";
import type { Section } from "../state/section.js";

/**
 * Does the job of AWS's EventBridge rule on failed executions. If the process ends before it has reported a failure, the
 * next process reports it.
 */
export class FailureReports {
  readonly #report: (event: unknown) => Promise<unknown>;
  readonly #kept: Section | undefined;
  readonly #stored: () => Promise<void>;
  readonly #running = new Set<Promise<void>>();

  /**
   * @param report calls `report-failure` with an event.
   * @param kept keeps the failures that have yet to be reported.
   * @param stored resolves once they are on the disk.
   */
  constructor(
    engine: Engine,
    report: (event: unknown) => Promise<unknown>,
    kept?: Section,
    stored: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#report = report;
    this.#kept = kept;
    this.#stored = stored;
    engine.onStatusChange((execution) => {
      if (execution.status === "RUNNING" || execution.status === "SUCCEEDED") return;
      const key = `${execution.executionArn} ${execution.redriveCount}`;
      this.#kept?.put(key, execution);
      this.#send(key, execution);
    });
  }

  /** Reports the failures that a former process left. */
  resume(): void {
    for (const [key, execution] of this.#kept?.entries ?? []) this.#send(key, execution);
  }

  /** Resolves once nothing is being reported. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  #send(key: string, detail: unknown): void {
    const event = {
      "detail-type": "Step Functions Execution Status Change",
      source: "aws.states",
      detail,
    };
    const running = this.#stored()
      .then(() => this.#report(event))
      .then(
        () => this.#kept?.delete(key),
        () => {},
      )
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
}
