import { checkArn } from "./arn.js";
import { EngineError, StateError } from "./errors.js";
import { Execution, type ExecutionHost } from "./execution.js";
import type { ExecutionDescription, ExecutionStatus } from "./execution-description.js";
import type { HistoryEvent } from "./history.js";
import type { Journal, StoredExecution } from "./journal.js";
import { exceedsPayloadLimit, maxPayloadBytes, nameReservationMs } from "./limits.js";
import { Machine } from "./machine.js";
import type { JsonValue, Step } from "./step.js";
import type { Validation } from "./validate.js";

export interface EngineOptions {
  /**
   * Calls a Lambda. `functionName` is the bare name, even if the definition has an ARN. Rejects with an Error
   * whose `name` is the Lambda `errorType`.
   */
  invoke: (functionName: string, payload: unknown) => Promise<unknown>;
  /** The factor for waits and retry intervals. 0 means no waiting. Default: 1. */
  timeScale?: number;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  now?: () => number;
  /** Keeps the executions. A Task's work begins only once the events before it are stored. Default: in memory only. */
  journal?: Journal | undefined;
}

export interface MachineDescription {
  arn: string;
  name: string;
  definition: string;
  created: Date;
}

/** For definitions that were validated when their executions started. */
const trusted: Validation = { isThorough: false };

export type StatusListener = (execution: ExecutionDescription) => void;

/**
 * Step Functions in this process: Standard workflows in JSONPath whose Tasks call Lambdas or start other flows,
 * with AWS's rules for names, sizes, histories and redrives. Refused requests throw an `EngineError` with the
 * API's own name.
 */
export class Engine {
  readonly #invoke: EngineOptions["invoke"];
  readonly #timeScale: number;
  readonly #now: () => number;
  readonly #journal: Journal | undefined;
  readonly #machines = new Map<string, Machine>();
  /** By ARN, in the order of their starts. */
  readonly #executions = new Map<string, Execution>();
  readonly #listeners = new Set<StatusListener>();
  readonly #closers = new Set<() => void>();
  #closed = false;

  constructor({ invoke, timeScale = 1, now = Date.now, journal }: EngineOptions) {
    this.#invoke = invoke;
    this.#timeScale = timeScale;
    this.#now = now;
    this.#journal = journal;
  }

  /** Adds a flow, or replaces its definition for executions that start from now on. Throws `InvalidDefinition`. */
  addMachine(arn: string, definition: string, validation: Validation = {}): void {
    const created = new Date(this.#now());
    this.#machines.set(arn, this.#load({ arn, definition, created }, validation));
  }

  machines(): MachineDescription[] {
    return [...this.#machines.values()];
  }

  machine(arn: string): MachineDescription {
    return this.#machine(arn);
  }

  /**
   * Starts an execution. Idempotent by name: the same name and input return the execution while it runs; any
   * other second use of a name throws `ExecutionAlreadyExists`.
   */
  start(machineArn: string, name: string, input: string): { executionArn: string; startDate: Date } {
    if (this.#closed) throw new Error("the engine is closed");
    const machine = this.#machine(machineArn);
    checkName(name);
    checkInput(input);
    const taken = this.#executions.get(machine.executionArn(name));
    if (taken) {
      if (taken.status !== "RUNNING" || taken.input !== input) {
        throw new EngineError("ExecutionAlreadyExists", `Execution Already Exists: '${taken.arn}'`);
      }
      return { executionArn: taken.arn, startDate: taken.startDate };
    }
    const startDate = new Date(this.#now());
    const execution = new Execution(machine, { name, input, startDate }, this.#host());
    this.#executions.set(execution.arn, execution);
    execution.begin();
    return { executionArn: execution.arn, startDate: execution.startDate };
  }

  /** Ends a running execution as `ABORTED`. One that has ended stays as it is. */
  stop(executionArn: string, reason: { error?: string; cause?: string } = {}): { stopDate: Date } {
    return { stopDate: this.#execution(executionArn).stop(reason) };
  }

  /**
   * Continues an unsuccessful execution at the state that failed. A repetition with the same client token gets the first
   * answer. Throws `ExecutionNotRedrivable`.
   */
  redrive(executionArn: string, clientToken?: string): { redriveDate: Date } {
    return { redriveDate: this.#execution(executionArn).redrive(clientToken) };
  }

  /** The state machine as the execution runs it. It may be older than the one that `machine` returns. */
  machineOf(executionArn: string): MachineDescription {
    return this.#execution(executionArn).machine;
  }

  describe(executionArn: string): ExecutionDescription {
    return this.#execution(executionArn).describe();
  }

  /** Newest first. */
  list(filter: { stateMachineArn?: string; status?: ExecutionStatus } = {}): ExecutionDescription[] {
    return [...this.#executions.values()]
      .filter(({ machine }) => filter.stateMachineArn === undefined || machine.arn === filter.stateMachineArn)
      .filter(({ status }) => filter.status === undefined || status === filter.status)
      .map((execution) => execution.describe())
      .reverse();
  }

  /** Oldest event first. */
  history(executionArn: string): readonly HistoryEvent[] {
    return this.#execution(executionArn).history.events;
  }

  /** Calls `listener` for every start, redrive and end, as EventBridge does. Listeners must not throw. Returns an unsubscribe function. */
  onStatusChange(listener: StatusListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves once an execution is not running. Rejects if the engine is closed before that. */
  finished(executionArn: string): Promise<ExecutionDescription> {
    const execution = this.#execution(executionArn);
    if (execution.status !== "RUNNING") return Promise.resolve(execution.describe());
    return new Promise((resolve, reject) => {
      const done = () => {
        unsubscribe();
        this.#closers.delete(closed);
      };
      const closed = () => {
        done();
        reject(new Error(`the engine was closed before ${executionArn} ended`));
      };
      const unsubscribe = this.onStatusChange((changed) => {
        if (changed.executionArn !== executionArn || changed.status === "RUNNING") return;
        done();
        resolve(changed);
      });
      this.#closers.add(closed);
    });
  }

  /** Drops all running executions. Later results of Lambdas are ignored; descriptions stay readable. */
  close(): void {
    this.#closed = true;
    for (const execution of this.#executions.values()) execution.drop();
    for (const closed of this.#closers) closed();
    this.#listeners.clear();
  }

  /**
   * Replaces all executions by those of the journal, and continues the running ones where they stood, with the definitions
   * that they were started with. Forgets the names that AWS would have freed.
   */
  recover(stored: readonly StoredExecution[]): void {
    for (const execution of this.#executions.values()) execution.drop();
    this.#executions.clear();
    const machines = new Map<string, Machine>();
    for (const each of [...stored].sort((a, b) => a.startDate.getTime() - b.startDate.getTime())) {
      const endedAt = each.end?.event.timestamp.getTime() ?? Number.POSITIVE_INFINITY;
      if (this.#now() - endedAt > nameReservationMs) this.#journal?.forget(each.arn);
      else this.#take(each, machines);
    }
  }

  /** @param machines the machines of the executions loaded so far, by ARN and definition. */
  #take(stored: StoredExecution, machines: Map<string, Machine>): void {
    const { arn, definition } = stored.machine;
    const key = `${arn} ${definition}`;
    const current = this.#machines.get(arn);
    const machine =
      current?.definition === definition ? current : (machines.get(key) ?? this.#load(stored.machine));
    machines.set(key, machine);
    const execution = new Execution(machine, stored, this.#host());
    this.#executions.set(execution.arn, execution);
    if (stored.end) execution.restore(stored.end);
    else execution.resume();
  }

  #load({ arn, definition, created }: StoredExecution["machine"], validation: Validation = trusted): Machine {
    return new Machine(arn, definition, { timeScale: this.#timeScale, created, validation });
  }

  /** The services that this engine offers to its executions. */
  #host(): ExecutionHost {
    return {
      timeScale: this.#timeScale,
      now: this.#now,
      journal: this.#journal,
      perform: (step, parameters) => this.#perform(step, parameters),
      changed: (changed) => {
        for (const listener of this.#listeners) listener(changed.describe());
      },
    };
  }

  #machine(arn: string): Machine {
    checkArn(arn, "stateMachine");
    const machine = this.#machines.get(arn);
    if (!machine) throw new EngineError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  #execution(arn: string): Execution {
    checkArn(arn, "execution");
    const execution = this.#executions.get(arn);
    if (!execution) throw new EngineError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
    return execution;
  }

  async #perform(step: Step, parameters: JsonValue): Promise<unknown> {
    await this.#journal?.stored();
    const fields: Record<string, unknown> = isObject(parameters) ? parameters : {};
    return step.resource === "arn:aws:states:::lambda:invoke" ? this.#call(fields) : this.#startFlow(fields);
  }

  /** https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html */
  async #call({ FunctionName, Payload }: Record<string, unknown>): Promise<unknown> {
    try {
      const payload = await this.#invoke(bareFunctionName(FunctionName), Payload ?? {});
      return { ExecutedVersion: "$LATEST", Payload: payload ?? null, StatusCode: 200 };
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      throw new StateError(name, JSON.stringify({ errorType: name, errorMessage: message, trace: [] }));
    }
  }

  /** https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html */
  #startFlow({ StateMachineArn, Name, Input }: Record<string, unknown>): unknown {
    try {
      const input = typeof Input === "string" ? Input : JSON.stringify(Input ?? {});
      const name = typeof Name === "string" ? Name : crypto.randomUUID();
      const started = this.start(String(StateMachineArn), name, input);
      return { ExecutionArn: started.executionArn, StartDate: started.startDate.getTime() };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new StateError(`StepFunctions.${error.name}Exception`, error.message);
    }
  }
}

/** The API's rule for names: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
function checkName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the rule forbids control characters
  const forbidden = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff\ud800-\udfff]/;
  if (name.length >= 1 && name.length <= 80 && !forbidden.test(name)) return;
  throw new EngineError("InvalidName", `Invalid Name: '${name}'`);
}

function checkInput(input: string): void {
  const refuse = (reason: string) =>
    new EngineError("InvalidExecutionInput", `Invalid State Machine Execution Input: '${reason}'`);
  if (exceedsPayloadLimit(input)) throw refuse(`it has more than ${maxPayloadBytes} bytes`);
  try {
    JSON.parse(input);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
}

/** The machine's name from a name or an ARN, with or without a version or alias. */
function bareFunctionName(functionName: unknown): string {
  const text = String(functionName);
  return /^arn:[^:]+:lambda:[^:]*:[^:]*:function:([^:]+)/.exec(text)?.[1] ?? text.split(":")[0] ?? text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
