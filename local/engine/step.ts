import "./promise-with-resolvers.js";
import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import { z } from "zod";
import type { StateType } from "./history.js";
import { maxTimerSeconds } from "./limits.js";
import type { TaskResourceArn } from "./resources.js";
import { checkResultPath } from "./result-path.js";
import { Retries } from "./retries.js";
import type { StateDefinition } from "./schema.js";
import type { StepContext } from "./step-context.js";
import { isPathKey } from "./unsupported.js";

/** The state data of aws-local-stepfunctions. */
export type JsonValue = Parameters<StateMachine["run"]>[0];

/** A state's work outside the state language. */
export type Work = (input: JsonValue) => Promise<JsonValue>;

/** Makes attempts until one succeeds, or throws the error of the last one. */
export type Repeat = (attempt: () => Promise<JsonValue>) => Promise<JsonValue>;

export interface StepOutcome {
  output: JsonValue;
  /** The state that follows; `undefined` if the execution ends. */
  next: string | undefined;
}

export type WaitLength = { seconds: number } | { until: string };

/**
 * One state of a machine, which aws-local-stepfunctions runs as a machine with one state. The library's own loop over
 * states cannot start in the middle (a redrive), has no size limits, continues after an abort, and reports its events late.
 * Running state by state lets the engine decide all of that between two states.
 *
 * This class also corrects other deviations of the library: Wait states become Tasks, so that waits with a path
 * can be scaled and cancelled; a Pass state's Result may be false, 0, "" or null; and a ResultPath that leads
 * through a scalar fails the state. Retries and timeouts are the engine's, because the library's cannot be continued
 * after a restart.
 */
export class Step {
  readonly type: StateType;
  readonly resource: TaskResourceArn | undefined;
  readonly timeoutSeconds: number | undefined;
  /** A Fail state without an error name: the library would invent one. */
  readonly failsWithoutError: boolean;
  readonly #machine: StateMachine;
  readonly #name: string;
  readonly #state: StateDefinition;
  readonly #timeScale: number;
  readonly #targets: Target[];

  constructor(name: string, state: StateDefinition, timeScale: number) {
    // Parallel and Map have already been refused.
    this.type = state.Type as StateType;
    this.#name = name;
    this.#state = state;
    this.#timeScale = timeScale;
    this.resource = this.type === "Task" ? (state.Resource as TaskResourceArn) : undefined;
    this.timeoutSeconds = typeof state.TimeoutSeconds === "number" ? state.TimeoutSeconds : undefined;
    this.failsWithoutError = this.type === "Fail" && !("Error" in state) && !("ErrorPath" in state);
    this.#targets = [];
    const states: Record<string, unknown> = { [name]: compile(state, this.#targets) };
    for (const { key } of this.#targets) states[key] = { Type: "Task", Resource: "next", End: true };
    const definition: StateMachineDefinition = JSON.parse(JSON.stringify({ StartAt: name, States: states }));
    this.#machine = new StateMachine(definition, { validationOptions: { noValidate: true } });
  }

  /** The retries of one visit to the state. */
  retries(): Retries {
    return new Retries(this.#state.Retry, this.#timeScale);
  }

  /** Runs the state with its catchers. `repeat` makes its attempts. */
  async perform(
    input: JsonValue,
    context: StepContext,
    { work, repeat }: { work: Work; repeat: Repeat },
  ): Promise<StepOutcome> {
    // A Pass state has no work that could fail.
    if (this.type === "Pass") checkResultPath(this.#state.ResultPath, input);
    let next: string | undefined;
    const handlers: Record<string, Work> = {};
    for (const target of this.#targets) {
      handlers[target.key] = async (output) => {
        checkResultPath(target.caughtPath, input);
        next = target.state;
        return output;
      };
    }
    handlers[this.#name] = (given) =>
      repeat(async () => {
        const result = isFixedResult(this.#state) ? this.#fixedResult() : await work(given);
        // Checked inside the state, so that its Retry and Catch apply.
        checkResultPath(this.#state.ResultPath, input);
        return result;
      });
    const run = this.#machine.run(input, {
      overrides: { taskResourceLocalHandlers: handlers },
      // The library fills $$.Execution with the data of this one state.
      context: { Run: context.Execution, StateMachine: context.StateMachine, State: context.State },
    });
    return { output: await run.result, next };
  }

  /** Parses the argument of a Wait state's work. `undefined` if the path did not lead to a length of time. */
  readWait(given: JsonValue): { length: WaitLength; input: JsonValue } | undefined {
    const { Seconds, Timestamp } = this.#state;
    if (typeof Seconds === "number") return { length: { seconds: Seconds }, input: given };
    if (typeof Timestamp === "string") return { length: { until: Timestamp }, input: given };
    const parsed = WaitParameters.safeParse(given);
    if (!parsed.success || typeof given !== "object" || given === null || Array.isArray(given))
      return undefined;
    return { length: parsed.data.wait, input: given.input ?? null };
  }

  #fixedResult(): JsonValue {
    return JSON.parse(JSON.stringify(this.#state.Result));
  }
}

/** The argument of a Wait state's work if a path leads to its length; see `compileWait`. */
const WaitParameters = z.object({
  wait: z.union([
    z.object({ seconds: z.number().int().nonnegative() }),
    z.object({ until: z.iso.datetime({ offset: true }) }),
  ]),
});

/** A state's transition to the next one. */
interface Target {
  /** A name that no state can have, because a state may lead to itself or be called "end". */
  key: string;
  /** `undefined` if the execution ends. */
  state: string | undefined;
  /** The ResultPath of the Catch that leads there, if one does. */
  caughtPath: unknown;
}

function compile(state: StateDefinition, targets: Target[]): Record<string, unknown> {
  const lead = (next: string | undefined, caughtPath?: unknown) => {
    const key = `\u0000${targets.length}`;
    targets.push({ key, state: next, caughtPath });
    return key;
  };
  const compiled: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(state)) compiled[key] = withOwnContext(value, key);

  for (const holder of [compiled, ...asList(compiled.Choices), ...asList(compiled.Catch)]) {
    const caughtPath = holder === compiled ? undefined : holder.ResultPath;
    if (typeof holder.Next === "string") holder.Next = lead(holder.Next, caughtPath);
    // ResultPath "$" is the default; the library would treat it as a field called "$".
    if (holder.ResultPath === "$") delete holder.ResultPath;
  }
  if (typeof compiled.Default === "string") compiled.Default = lead(compiled.Default);
  if (compiled.End === true || state.Type === "Succeed") {
    delete compiled.End;
    compiled.Next = lead(undefined);
  }
  if (state.Type === "Succeed") compiled.Type = "Pass";
  delete compiled.Retry;
  // Without a timeout, the library gives up after a minute.
  if (state.Type === "Task") compiled.TimeoutSeconds = maxTimerSeconds;
  if (state.Type === "Wait") return compileWait(compiled);
  if (isFixedResult(state)) {
    delete compiled.Parameters;
    return { ...compiled, Type: "Task", Resource: "result" };
  }
  return compiled;
}

/** A Task whose work sleeps and returns the state's input. The library resolves paths to the length. */
function compileWait(compiled: Record<string, unknown>): Record<string, unknown> {
  const { Seconds, SecondsPath, Timestamp, TimestampPath, ...rest } = compiled;
  const task = { ...rest, Type: "Task", Resource: "wait", TimeoutSeconds: maxTimerSeconds };
  if (Seconds !== undefined || Timestamp !== undefined) return task;
  const wait = SecondsPath === undefined ? { "until.$": TimestampPath } : { "seconds.$": SecondsPath };
  return { ...task, Parameters: { wait, "input.$": "$" } };
}

function isFixedResult(state: StateDefinition): boolean {
  return state.Type === "Pass" && "Result" in state;
}

/** Copies a field and redirects its paths into `$$.Execution` to the substitute that `perform` passes. */
function withOwnContext(value: unknown, key: string): unknown {
  if (key === "Result") return value;
  if (typeof value === "string") {
    return isPathKey(key) ? value.replaceAll("$$.Execution.", () => "$$.Run.") : value;
  }
  if (Array.isArray(value)) return value.map((entry) => withOwnContext(entry, ""));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([innerKey, inner]) => [innerKey, withOwnContext(inner, innerKey)]),
    );
  }
  return value;
}

function asList(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value : [];
}
