import type { Redrives } from "./redrives.js";

/** The context object, `$$`: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
export interface StepContext {
  Execution: Record<string, unknown>;
  StateMachine: Record<string, unknown>;
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
  };
}
