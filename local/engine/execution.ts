import { EngineError } from "./errors.js";
import type { ExecutionDescription, ExecutionStatus } from "./execution-description.js";
import { History } from "./history.js";
import { encodeStateData, maxCauseLength } from "./limits.js";
import type { Machine } from "./machine.js";
import { Redrives, redriveObstacle } from "./redrives.js";
import { Run } from "./run.js";
import type { JsonValue, Step, StepContext } from "./step.js";
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
}

/** One execution of a state machine, over all its redrives. */
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
  #stateTransitions = 0;
  /** The running state, or the state at which a redrive starts, and its input. */
  #position: { state: string; input: string };
  #run: Run;
  readonly #host: ExecutionHost;

  constructor(machine: Machine, name: string, input: string, host: ExecutionHost) {
    this.arn = machine.executionArn(name);
    this.machine = machine;
    this.name = name;
    this.input = input;
    this.startDate = new Date(host.now());
    this.history = new History(host.now);
    this.#host = host;
    this.#position = { state: machine.startAt, input };
    this.#run = new Run(this.history);
  }

  get status(): ExecutionStatus {
    return this.#status;
  }

  begin(): void {
    this.history.add("ExecutionStarted", { executionStartedEventDetails: { input: this.input } });
    this.#go();
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
    const date = this.#redrives.add(clientToken, now);
    this.#status = "RUNNING";
    this.#stopDate = this.#error = this.#cause = undefined;
    this.#run = new Run(this.history);
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

  /** Ends all work without an event in the history, because the engine is closing. */
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
      stateTransitions: this.#stateTransitions,
    };
  }

  #go(): void {
    const run = this.#run;
    const { timeoutSeconds } = this.machine;
    if (timeoutSeconds !== undefined) {
      run.cancelTimeout = callAfter(timeoutSeconds * 1000, () => {
        run.end();
        this.#finish("TIMED_OUT", {});
      });
    }
    this.#host.changed(this);
    // The caller gets its answer before the first state runs.
    run.interrupt = callAfter(0, () => void this.#drive(run));
  }

  async #drive(run: Run): Promise<void> {
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
      this.#finish("FAILED", this.#explain(error));
    }
  }

  /** Runs the state at the position and moves on to the next; returns the execution's output at its end. */
  async #runState(run: Run): Promise<string | undefined> {
    const { state, input } = this.#position;
    const step = this.machine.step(state);
    run.record(`${step.type}StateEntered`, { stateEnteredEventDetails: { name: state, input } });
    this.#stateTransitions += 1;

    let attempts = 0;
    const { abort, outcome } = step.perform(JSON.parse(input), this.#context(), async (given) => {
      // Otherwise the library would still make the remaining retries after the run has ended.
      run.check();
      if (step.type === "Wait") return waitIn(run, step, given, this.#host);
      attempts += 1;
      if (attempts > 1) this.#stateTransitions += 1;
      return attemptTask(
        { run, step, state, region: this.machine.region, perform: this.#host.perform },
        given,
      );
    });
    run.abortStep = abort;
    const { output, next } = await outcome;
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

  #context(): StepContext {
    return {
      Execution: {
        Id: this.arn,
        Name: this.name,
        Input: JSON.parse(this.input),
        StartTime: this.startDate.toISOString(),
        RoleArn: "arn:aws:iam::000000000000:role/local",
        RedriveCount: this.#redrives.count,
        ...(this.#redrives.date && { RedriveTime: this.#redrives.date.toISOString() }),
      },
      StateMachine: { Id: this.machine.arn, Name: this.machine.name },
    };
  }

  /** The error that ends the execution; the library wraps the state's error in its own. */
  #explain(thrown: unknown): { error?: string; cause?: string } {
    const outer = thrown instanceof Error ? thrown : new Error(String(thrown));
    const { name, message } = outer.cause instanceof Error ? outer.cause : outer;
    const { state } = this.#position;
    const step = this.machine.step(state);
    if (step.failsWithoutError) return {};
    const isRuntime = name === "States.Runtime" && !this.history.isFull;
    const cause = isRuntime ? `An error occurred while executing the state '${state}'. ${message}` : message;
    return { error: name, cause: cause.slice(0, maxCauseLength) };
  }

  #finish(status: Exclude<ExecutionStatus, "RUNNING">, reason: { error?: string; cause?: string }): void {
    this.#status = status;
    this.#stopDate = new Date(this.#host.now());
    this.#error = reason.error;
    this.#cause = reason.cause;
    switch (status) {
      case "SUCCEEDED":
        this.history.end("ExecutionSucceeded", {
          executionSucceededEventDetails: { output: this.#output ?? "null" },
        });
        break;
      case "FAILED":
        this.history.end("ExecutionFailed", { executionFailedEventDetails: reason });
        break;
      case "ABORTED":
        this.history.end("ExecutionAborted", { executionAbortedEventDetails: reason });
        break;
      case "TIMED_OUT":
        this.history.end("ExecutionTimedOut", { executionTimedOutEventDetails: reason });
        break;
    }
    this.#host.changed(this);
  }
}
