import type { Redrives } from "./redrives.js";

/** The context object, `$$`: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
export interface StepContext {
  Execution: Record<string, unknown>;
  StateMachine: Record<string, unknown>;
  State: { RetryCount: RetryCount };
}

/**
 * How often the current state has been retried. aws-local-stepfunctions resolves a Task's parameters only once for all
 * attempts, so this is an object that becomes a number when an attempt writes its parameters as JSON.
 */
export class RetryCount {
  value = 0;

  toJSON(): number {
    return this.value;
  }
}

interface Described {
  arn: string;
  machine: { arn: string; name: string };
  name: string;
  /** JSON text. */
  input: string;
  startDate: Date;
}

export function contextOf(
  { arn, machine, name, input, startDate }: Described,
  { count, date }: Redrives,
): StepContext {
  return {
    Execution: {
      Id: arn,
      Name: name,
      Input: JSON.parse(input),
      StartTime: startDate.toISOString(),
      RoleArn: "arn:aws:iam::000000000000:role/local",
      RedriveCount: count,
      ...(date && { RedriveTime: date.toISOString() }),
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
    State: { RetryCount: new RetryCount() },
  };
}
