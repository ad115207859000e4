import { type EndStatus, endEvent, endOf, reasonOf } from "./ends.js";
import { EngineError } from "./errors.js";
import type { ExecutionDescription, ExecutionStatus } from "./execution-description.js";
import { History, type HistoryEvent } from "./history.js";
import type { Journal, StoredEnd, StoredExecution } from "./journal.js";
import { encodeStateData } from "./limits.js";
import type { Machine } from "./machine.js";
import { Redrives, redriveObstacle } from "./redrives.js";
import { Run } from "./run.js";
import { standingOf, type Visit } from "./standing.js";
import type { JsonValue, Step } from "./step.js";
import { contextOf, type RetryCount } from "./step-context.js";
import { attemptTask } from "./task-attempt.js";
import { callAfter } from "./timer.js";
import { waitIn } from "./wait.js";

/** The services that executions need from their engine. */
export interface ExecutionHost {
  timeScale: number;
  now: () => number;
  /** Does a Task's work; rejects with a `StateError` that holds the error and cause that Step Functions would show. */
  perform: (step: Step, parameters: JsonValue) => Promise<unknown>;
  changed: (execution: Execution) => void;
  /** Keeps the execution, so that another process can continue it. */
  journal?: Journal | undefined;
}

/** One execution of a state machine, including all its redrives. */
export class Execution {
  readonly arn: string;
  readonly machine: Machine;
  readonly name: string;
  readonly input: string;
  readonly startDate: Date;
  readonly history: History;
  #status: ExecutionStatus = "RUNNING";
  #stopDate: Date | undefined;
  #output: string | undefined;
  #error: string | undefined;
  #cause: string | undefined;
  readonly #redrives = new Redrives();
  /** The running state, or the state at which a redrive starts, and its input. */
  #position: { state: string; input: string };
  /** A visit to that state that a former process began. */
  #visit: Visit | undefined;
  #run: Run;
  readonly #host: ExecutionHost;

  constructor(
    machine: Machine,
    { name, input, startDate }: Pick<StoredExecution, "name" | "input" | "startDate">,
    host: ExecutionHost,
  ) {
    this.arn = machine.executionArn(name);
    this.machine = machine;
    this.name = name;
    this.input = input;
    this.startDate = startDate;
    const { arn } = this;
    const { journal } = host;
    const kept = journal && {
      add: (event: HistoryEvent) => journal.add(arn, event),
      load: () => journal.events(arn),
    };
    this.history = new History(host.now, kept);
    this.#host = host;
    this.#position = { state: machine.startAt, input };
    this.#run = new Run(this.history);
  }

  get status(): ExecutionStatus {
    return this.#status;
  }

  begin(): void {
    this.#note();
    this.history.add("ExecutionStarted", { executionStartedEventDetails: { input: this.input } });
    this.#go();
  }

  /** Continues where a former process stood, without adding an event to the history. */
  resume(): void {
    this.history.restore(this.#host.journal?.events(this.arn) ?? []);
    const { runStartedAt, redriveDates, position, visit } = standingOf(this.history.events);
    for (const date of redriveDates) this.#redrives.add(undefined, date.getTime());
    this.#position = position ?? this.#position;
    this.#visit = visit;
    this.#drive(runStartedAt);
  }

  /** Restores the end that the execution had in a former process. */
  restore({ event, stateTransitions, redriveDates }: StoredEnd): void {
    this.history.restoreCounts(event.id, stateTransitions);
    for (const date of redriveDates) this.#redrives.add(undefined, date.getTime());
    this.#stopDate = event.timestamp;
    const { status, output, error, cause } = endOf(event);
    this.#status = status;
    this.#output = output;
    this.#error = error;
    this.#cause = cause;
  }

  get stopDate(): Date | undefined {
    return this.#stopDate;
  }

  /** Continues at the state that failed, or that was running when the execution was stopped. Returns the time of the redrive. */
  redrive(clientToken?: string): Date {
    const now = this.#host.now();
    const repeated = this.#redrives.repeated(clientToken, now);
    if (repeated) return repeated;
    const obstacle = redriveObstacle(this, now);
    if (obstacle) throw new EngineError("ExecutionNotRedrivable", obstacle);
    this.#position = standingOf(this.history.events).position ?? this.#position;
    const date = this.#redrives.add(clientToken, now);
    this.#status = "RUNNING";
    this.#stopDate = this.#error = this.#cause = undefined;
    this.#run = new Run(this.history);
    this.#note();
    this.history.add("ExecutionRedriven", {
      executionRedrivenEventDetails: { redriveCount: this.#redrives.count },
    });
    this.#go();
    return date;
  }

  /** Returns the time at which the execution ended, which may be earlier. */
  stop(reason: { error?: string; cause?: string }): Date {
    if (this.#status === "RUNNING") {
      this.#run.end();
      this.#finish("ABORTED", reason);
    }
    return this.#stopDate ?? this.startDate;
  }

  /** Ends all work because the engine is closing, without adding an event to the history. */
  drop(): void {
    this.#run.end();
  }

  describe(): ExecutionDescription {
    const obstacle = redriveObstacle(this, this.#host.now());
    const redriveDate = this.#redrives.date;
    return {
      executionArn: this.arn,
      stateMachineArn: this.machine.arn,
      name: this.name,
      status: this.#status,
      startDate: this.startDate,
      ...(this.#stopDate && { stopDate: this.#stopDate }),
      input: this.input,
      ...(this.#output !== undefined && { output: this.#output }),
      ...(this.#error !== undefined && { error: this.#error }),
      ...(this.#cause !== undefined && { cause: this.#cause }),
      redriveCount: this.#redrives.count,
      ...(redriveDate && { redriveDate }),
      redriveStatus: obstacle ? "NOT_REDRIVABLE" : "REDRIVABLE",
      ...(obstacle && { redriveStatusReason: obstacle }),
      stateTransitions: this.history.stateTransitions,
    };
  }

  #go(): void {
    this.#host.changed(this);
    this.#drive(this.#host.now());
  }

  /** @param startedAt the start of this run, in milliseconds since the epoch. */
  #drive(startedAt: number): void {
    const run = this.#run;
    const { timeoutSeconds } = this.machine;
    if (timeoutSeconds !== undefined) {
      run.cancelTimeout = callAfter(startedAt + timeoutSeconds * 1000 - this.#host.now(), () => {
        run.end();
        this.#finish("TIMED_OUT", {});
      });
    }
    // The caller gets its answer before the first state runs.
    run.interrupt = callAfter(0, () => void this.#runStates(run));
  }

  async #runStates(run: Run): Promise<void> {
    try {
      while (!run.isOver) {
        const output = await this.#runState(run);
        if (output === undefined || run.isOver) continue;
        run.end();
        this.#output = output;
        this.#finish("SUCCEEDED", {});
      }
    } catch (error) {
      if (run.isOver) return;
      run.end();
      const { state } = this.#position;
      this.#finish("FAILED", reasonOf(error, state, this.machine.step(state), this.history));
    }
  }

  /** Runs the state at the position and moves on to the next; returns the execution's output at its end. */
  async #runState(run: Run): Promise<string | undefined> {
    const { state, input } = this.#position;
    const step = this.machine.step(state);
    const visit = this.#visit ?? this.#enter(run, step);
    this.#visit = undefined;
    const context = contextOf(this, this.#redrives);
    const { output, next } = await step.perform(JSON.parse(input), context, {
      work: (given) => this.#work(run, step, visit, given),
      repeat: (attempt) => this.#repeat(run, step, visit, context.State.RetryCount, attempt),
    });
    if (run.isOver) return undefined;

    const encoded = encodeStateData(output, `The output of the state '${state}'`);
    if (step.type !== "Fail") {
      run.record(`${step.type}StateExited`, {
        stateExitedEventDetails: { name: state, output: encoded },
      });
    }
    if (next === undefined) return encoded;
    this.#position = { state: next, input: encoded };
    return undefined;
  }

  #enter(run: Run, step: Step): Visit {
    const { state, input } = this.#position;
    run.record(`${step.type}StateEntered`, { stateEnteredEventDetails: { name: state, input } });
    return { enteredAt: this.#host.now(), failures: [] };
  }

  #work(run: Run, step: Step, { enteredAt }: Visit, given: JsonValue): Promise<JsonValue> {
    const { now, timeScale, perform } = this.#host;
    if (step.type === "Wait") return waitIn(run, step, given, { now, timeScale, enteredAt });
    return attemptTask(
      { run, step, state: this.#position.state, region: this.machine.region, perform },
      given,
    );
  }

  /** Makes attempts as the state's `Retry` says. Attempts in a former process count. */
  async #repeat(
    run: Run,
    step: Step,
    { failures }: Visit,
    retryCount: RetryCount,
    attempt: () => Promise<JsonValue>,
  ): Promise<JsonValue> {
    const { now } = this.#host;
    const retries = step.retries();
    let due = 0;
    for (const failure of failures) due = retries.next(failure);
    for (retryCount.value = failures.length; ; retryCount.value++) {
      await run.waitUntil(due, now);
      try {
        return await attempt();
      } catch (thrown) {
        run.check();
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        due = retries.next({ error, at: now() });
      }
    }
  }

  #finish(status: EndStatus, reason: { error?: string; cause?: string }): void {
    this.#status = status;
    this.#error = reason.error;
    this.#cause = reason.cause;
    const event = this.history.end(...endEvent(status, reason, this.#output));
    this.#stopDate = event.timestamp;
    const { stateTransitions } = this.history;
    this.#note({ event, stateTransitions, redriveDates: this.#redrives.dates });
    void this.#host.journal?.stored().then(
      () => this.#status !== "RUNNING" && this.history.release(),
      () => {},
    );
    this.#host.changed(this);
  }

  #note(end?: StoredEnd): void {
    const { arn, machine, name, input, startDate } = this;
    this.#host.journal?.note({ arn, machine, name, input, startDate, ...(end && { end }) });
  }
}
