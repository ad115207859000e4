import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ScaledClock } from "./scaled-clock.js";
import { type DueTimes, parseExpression } from "./schedule-expression.js";

/** The patterns and limits of https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html */
export const nameSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[0-9a-zA-Z-_.]+$/);

const targetSchema = z.strictObject({
  Arn: z
    .string()
    .regex(/^arn:aws[\w-]*:(states:[^:]+:\d{12}:stateMachine|lambda:[^:]+:\d{12}:function):[^:]+$/, {
      error: "the local endpoint supports only state machines and Lambdas as targets",
    }),
  RoleArn: z.string().regex(/^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/),
  Input: z.string().min(1).refine(isJson, { error: "the input of a target must be JSON" }).default("{}"),
  DeadLetterConfig: z
    .strictObject({ Arn: z.string().regex(/^arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w-]{1,80}$/) })
    .optional(),
  RetryPolicy: z
    .strictObject({
      MaximumEventAgeInSeconds: z.number().int().min(60).max(86_400).default(86_400),
      MaximumRetryAttempts: z.number().int().min(0).max(185).default(185),
    })
    .prefault({}),
});

/** The input of CreateSchedule and UpdateSchedule. Other fields, such as start and end dates, are refused. */
export const definitionSchema = z.strictObject({
  Name: nameSchema.optional(),
  GroupName: nameSchema.default("default"),
  ClientToken: z.string().min(1).max(64).optional(),
  ActionAfterCompletion: z.literal("NONE").default("NONE"),
  Description: z.string().max(512).optional(),
  FlexibleTimeWindow: z.strictObject({ Mode: z.literal("OFF") }),
  ScheduleExpression: z.string().min(1).max(256),
  ScheduleExpressionTimezone: z.string().min(1).max(50).default("UTC"),
  State: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
  Target: targetSchema,
});
export type ScheduleDefinition = z.output<typeof definitionSchema>;

/** One firing of a schedule. */
export interface ScheduleRun {
  /** The schedule's name. */
  name: string;
  /** The due time on the scheduler's clock: `2026-11-24T05:30:00Z`. */
  scheduledTime: string;
  /** Absent if the start was refused, and for a Lambda. */
  executionArn?: string;
  error?: string;
}

export interface ScheduleContext {
  clock: ScaledClock;
  /** Starts an execution. Returns its ARN, or throws. */
  start: (stateMachineArn: string, input: string) => string;
  /** Calls a Lambda, asynchronously as Scheduler does. */
  invoke: (functionArn: string, input: string) => void;
  onRun: (run: ScheduleRun) => void;
  /** Called when a schedule begins to wait for its next due time. */
  onArmed: (schedule: Schedule) => void;
}

/** A schedule that fires on its own until it is stopped. */
export class Schedule {
  readonly arn: string;
  readonly name: string;
  readonly definition: ScheduleDefinition;
  readonly #context: ScheduleContext;
  readonly #expression: DueTimes;
  #cancel = () => {};
  #due: number | undefined;
  /** The due time of the newest run, in milliseconds since the epoch. */
  #lastTime = 0;

  /** @throws AwsError a `ValidationException` for an expression or a time zone that Scheduler would refuse. */
  constructor(arn: string, name: string, definition: ScheduleDefinition, context: ScheduleContext) {
    this.arn = arn;
    this.name = name;
    this.definition = definition;
    this.#context = context;
    this.#expression = parseExpression(definition.ScheduleExpression, definition.ScheduleExpressionTimezone);
  }

  /**
   * Waits for each due time in turn. If the process was suspended, the run that it was waiting for fires late, and the
   * other missed runs are skipped.
   */
  arm(): void {
    this.stop();
    if (this.definition.State === "DISABLED") return;
    const { clock } = this.#context;
    const due = this.#expression.next(clock.now());
    this.#due = due;
    this.#context.onArmed(this);
    if (due === undefined) return;
    this.#cancel = clock.at(due, () => {
      this.#run(due);
      this.arm();
    });
  }

  /** The due time that it is waiting for, in milliseconds since the epoch; `undefined` if there is none. */
  get due(): number | undefined {
    return this.#due;
  }

  /**
   * Continues after the process was down. The newest run that was due in the meantime fires late, unless it is older than
   * the target's `MaximumEventAgeInSeconds`.
   * @param due the value of `due` in the former process.
   */
  resume(due: number | undefined): void {
    const missed = due !== undefined && this.definition.State === "ENABLED" ? this.#missed(due) : undefined;
    if (missed !== undefined) this.#run(missed);
    this.arm();
  }

  #missed(due: number): number | undefined {
    const now = this.#context.clock.now();
    const oldest = now - this.definition.Target.RetryPolicy.MaximumEventAgeInSeconds * 1000;
    let missed: number | undefined;
    let time = due < oldest ? this.#expression.next(oldest - 1) : due;
    while (time !== undefined && time <= now) {
      missed = time;
      time = this.#expression.next(time);
    }
    return missed;
  }

  stop(): void {
    this.#cancel();
  }

  /** Fires now, regardless of its expression and state. Scheduled times of manual runs are at least a second apart. */
  fire(): ScheduleRun {
    const now = Math.floor(this.#context.clock.now() / 1000) * 1000;
    return this.#run(Math.max(now, this.#lastTime + 1000));
  }

  #run(time: number): ScheduleRun {
    this.#lastTime = Math.max(this.#lastTime, time);
    const scheduledTime = new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
    const { Arn, Input } = this.definition.Target;
    const run: ScheduleRun = { name: this.name, scheduledTime };
    try {
      const input = this.#fillIn(Input, scheduledTime);
      if (Arn.includes(":function:")) this.#context.invoke(Arn, input);
      else run.executionArn = this.#context.start(Arn, input);
    } catch (error) {
      run.error = `${error}`;
    }
    this.#context.onRun(run);
    return run;
  }

  /** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
  #fillIn(input: string, scheduledTime: string): string {
    const attributes: Record<string, string> = {
      "schedule-arn": this.arn,
      "scheduled-time": scheduledTime,
      "execution-id": randomUUID(),
      "attempt-number": "1",
    };
    return input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (whole, name: string) => attributes[name] ?? whole);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
