import { EngineError } from "./errors.js";
import type { StateDefinition } from "./schema.js";
import { Step } from "./step.js";
import { parseDefinition, type Validation } from "./validate.js";

/** A validated state machine that is ready to run. */
export class Machine {
  readonly arn: string;
  readonly name: string;
  /** The definition's text, unchanged. */
  readonly definition: string;
  readonly created: Date;
  readonly startAt: string;
  readonly timeoutSeconds: number | undefined;
  readonly #states: Record<string, StateDefinition>;
  readonly #timeScale: number;
  /** The compiled steps of the states that have run. */
  readonly #steps = new Map<string, Step>();

  constructor(
    arn: string,
    definition: string,
    { timeScale, created, validation }: { timeScale: number; created: Date; validation: Validation },
  ) {
    const name = /^arn:[^:]+:states:[^:]*:[^:]*:stateMachine:([^:]+)$/.exec(arn)?.[1];
    if (name === undefined) throw new EngineError("InvalidName", `${arn} is not the ARN of a state machine`);
    const parsed = parseDefinition(name, definition, validation);
    this.arn = arn;
    this.name = name;
    this.definition = definition;
    this.created = created;
    this.startAt = parsed.StartAt;
    this.timeoutSeconds = parsed.TimeoutSeconds;
    this.#states = parsed.States;
    this.#timeScale = timeScale;
  }

  get region(): string {
    return this.arn.split(":")[3] ?? "";
  }

  executionArn(executionName: string): string {
    return `${this.arn.replace(":stateMachine:", ":execution:")}:${executionName}`;
  }

  step(state: string): Step {
    const known = this.#steps.get(state);
    if (known) return known;
    const definition = this.#states[state];
    if (!definition) throw new Error(`${this.name} has no state "${state}"`);
    const step = new Step(state, definition, this.#timeScale);
    this.#steps.set(state, step);
    return step;
  }
}
