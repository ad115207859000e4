import { EngineError, StateError, TerminalStateError } from "./errors.js";
import { History } from "./history.js";
import { encodeStateData, maxCauseLength } from "./limits.js";
import type { Machine } from "./machine.js";
import { Redrives, redriveObstacle } from "./redrives.js";
import { taskResources } from "./resources.js";
import type { JsonValue, Step, StepContext } from "./step.js";
import { callAfter } from "./timer.js";

export type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html */
export interface ExecutionDescription {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: Date;
  stopDate?: Date;
  /** JSON text. */
  input: string;
  /** JSON text, of an execution that has succeeded. */
  output?: string;
  error?: string;
  cause?: string;
  redriveCount: number;
  redriveDate?: Date;
  redriveStatus: "REDRIVABLE" | "NOT_REDRIVABLE";
  redriveStatusReason?: string;
  /** What AWS would bill so far: every state entered, and every retry. */
  stateTransitions: number;
}

/** What executions need from their engine. */
export interface ExecutionHost {
  timeScale: number;
  now: () => number;
  /** Carries out a Task's work; rejects with a `StateError` that says what Step Functions shows. */
  perform: (step: Step, parameters: JsonValue) => Promise<unknown>;
  changed: (execution: Execution) => void;
}

/** One stretch of an execution, from its start or a redrive to its end. */
class Run {
  over = false;
  cancelTimeout: () => void = () => {};
  /** Ends what the state that runs waits for. */
  interrupt: () => void = () => {};
  abortStep: () => void = () => {};

  end(): void {
    if (this.over) return;
    this.over = true;
    this.cancelTimeout();
    this.abortStep();
    this.interrupt();
  }
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
  /** The state that runs, or that a redrive begins with, and its input. */
  #position: { state: string; input: string };
  #run = new Run();
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

  /** Goes on at the state that failed, or that ran when the execution was stopped. Returns when it did so. */
  redrive(clientToken?: string): Date {
    const now = this.#host.now();
    const repeated = this.#redrives.repeated(clientToken, now);
    if (repeated) return repeated;
    const obstacle = redriveObstacle(this, now);
    if (obstacle) throw new EngineError("ExecutionNotRedrivable", obstacle);
    const date = this.#redrives.add(clientToken, now);
    this.#status = "RUNNING";
    this.#stopDate = this.#error = this.#cause = undefined;
    this.#run = new Run();
    this.history.add("ExecutionRedriven", {
      executionRedrivenEventDetails: { redriveCount: this.#redrives.count },
    });
    this.#go();
    return date;
  }

  /** Returns when the execution ended, which may be before. */
  stop(reason: { error?: string; cause?: string }): Date {
    if (this.#status === "RUNNING") {
      this.#run.end();
      this.#finish("ABORTED", reason);
    }
    return this.#stopDate ?? this.startDate;
  }

  /** Ends all work without a trace in the history: the engine goes away. */
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
    // Whoever started it gets the answer before the first state runs.
    run.interrupt = callAfter(0, () => void this.#drive(run));
  }

  async #drive(run: Run): Promise<void> {
    try {
      while (!run.over) {
        const output = await this.#runState(run);
        if (output === undefined || run.over) continue;
        run.end();
        this.#output = output;
        this.#finish("SUCCEEDED", {});
      }
    } catch (error) {
      if (run.over) return;
      run.end();
      this.#finish("FAILED", this.#explain(error));
    }
  }

  /** Runs the state at the position and moves on to the next; returns the execution's output at its end. */
  async #runState(run: Run): Promise<string | undefined> {
    const { state, input } = this.#position;
    const step = this.machine.step(state);
    this.#add(run, `${step.type}StateEntered`, { stateEnteredEventDetails: { name: state, input } });
    this.#stateTransitions += 1;

    let attempts = 0;
    const { abort, outcome } = step.perform(JSON.parse(input), this.#context(), async (given) => {
      // After its end, the library would still go through the retries that are left.
      if (run.over) throw interrupted();
      if (step.type === "Wait") return this.#wait(run, step, given);
      attempts += 1;
      if (attempts > 1) this.#stateTransitions += 1;
      return this.#task(run, step, given);
    });
    run.abortStep = abort;
    const { output, next } = await outcome;
    if (run.over) return undefined;

    const encoded = encodeStateData(output, `The output of the state '${state}'`);
    if (step.type !== "Fail") {
      this.#add(run, `${step.type}StateExited`, {
        stateExitedEventDetails: { name: state, output: encoded },
      });
    }
    if (next === undefined) return encoded;
    this.#position = { state: next, input: encoded };
    return undefined;
  }

  async #wait(run: Run, step: Step, given: JsonValue): Promise<JsonValue> {
    const wait = step.readWait(given);
    if (!wait) {
      throw new TerminalStateError(
        "States.Runtime",
        `${JSON.stringify(given)} does not say how long to wait: whole seconds or an RFC 3339 timestamp are expected`,
      );
    }
    const { length, input } = wait;
    const ms =
      "seconds" in length ? length.seconds * 1000 : new Date(length.until).getTime() - this.#host.now();
    await this.#whileRunning<void>(run, (resolve) => {
      return callAfter(Math.max(0, ms) * this.#host.timeScale, () => resolve());
    });
    return input;
  }

  /** One attempt of a Task, between JSON boundaries as a real call has them. */
  async #task(run: Run, step: Step, given: JsonValue): Promise<JsonValue> {
    if (!step.resource) throw new Error(`the state ${this.#position.state} has no resource`);
    const resource = taskResources[step.resource];
    const parameters = encodeStateData(given, `The parameters of the state '${this.#position.state}'`);
    this.#add(run, "TaskScheduled", {
      taskScheduledEventDetails: {
        ...resource,
        region: this.machine.region,
        parameters,
        ...(step.timeoutSeconds !== undefined && { timeoutInSeconds: step.timeoutSeconds }),
      },
    });
    this.#add(run, "TaskStarted", { taskStartedEventDetails: resource });

    let output: string;
    try {
      const result = await this.#whileRunning<unknown>(run, (resolve, reject) => {
        // The library decides about the timeout; it starts its timer after this one, so that this one is first.
        const cancel =
          step.timeoutSeconds === undefined
            ? () => {}
            : callAfter(step.timeoutSeconds * 1000, () => {
                try {
                  const error = "States.Timeout";
                  this.#add(run, "TaskTimedOut", { taskTimedOutEventDetails: { ...resource, error } });
                } catch (error) {
                  reject(error);
                }
                resolve = reject = () => {};
              });
        this.#host.perform(step, JSON.parse(parameters)).then(
          (value) => {
            cancel();
            resolve(value);
          },
          (error: unknown) => {
            cancel();
            reject(error);
          },
        );
        return cancel;
      });
      output = encodeStateData(result, `The state '${this.#position.state}' returned a result that`);
    } catch (error) {
      if (run.over) throw interrupted();
      const { name, message } = error instanceof StateError ? error : new StateError("Error", String(error));
      const cause = message.slice(0, maxCauseLength);
      this.#add(run, "TaskFailed", { taskFailedEventDetails: { ...resource, error: name, cause } });
      throw error instanceof TerminalStateError ? error : new StateError(name, cause);
    }
    this.#add(run, "TaskSucceeded", { taskSucceededEventDetails: { ...resource, output } });
    return JSON.parse(output);
  }

  /** A promise that `begin` settles, or the end of the run. `begin` returns what gives up its own waiting. */
  #whileRunning<T>(
    run: Run,
    begin: (resolve: (value: T) => void, reject: (reason: unknown) => void) => () => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const cancel = begin(resolve, reject);
      run.interrupt = () => {
        cancel();
        reject(interrupted());
      };
    });
  }

  #add(run: Run, ...event: Parameters<History["add"]>): void {
    if (run.over) throw interrupted();
    this.history.add(...event);
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

  /** What the execution ends with, from what the library threw: its own error around that of the state. */
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

/** What work that nobody waits for any more ends with: nothing may retry or catch it. */
function interrupted(): TerminalStateError {
  return new TerminalStateError("States.Runtime", "the execution has ended");
}
