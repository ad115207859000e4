import { epochSeconds } from "../protocol/aws-json.js";
import type { Schedule, ScheduleDefinition } from "./schedule.js";

/** A schedule and the fields that the API adds to it. */
export interface StoredSchedule {
  schedule: Schedule;
  created: Date;
  changed: Date;
  /** The idempotency key of the request that created it: repeating that request changes nothing. */
  token: string | undefined;
}

/** A schedule as JSON. */
export interface KeptSchedule {
  name: string;
  definition: ScheduleDefinition;
  created: string;
  changed: string;
  token?: string | undefined;
  due?: number | undefined;
}

export function keptSchedule({ schedule, created, changed, token }: StoredSchedule): KeptSchedule {
  const { name, definition, due } = schedule;
  return { name, definition, created: created.toISOString(), changed: changed.toISOString(), token, due };
}

/** Its group and name. */
export const keyOf = ({ name, definition }: Schedule) => `${definition.GroupName}/${name}`;

/** An entry of `ListSchedules`. */
export function summarize({ schedule, created, changed }: StoredSchedule): object {
  const { GroupName, State, Target } = schedule.definition;
  return {
    Arn: schedule.arn,
    GroupName,
    Name: schedule.name,
    State,
    CreationDate: epochSeconds(created),
    LastModificationDate: epochSeconds(changed),
    Target: { Arn: Target.Arn },
  };
}

/** The answer of `GetSchedule`. */
export function describe(stored: StoredSchedule): object {
  const { ClientToken: _, ...definition } = stored.schedule.definition;
  return { ...definition, ...summarize(stored), Target: definition.Target };
}
