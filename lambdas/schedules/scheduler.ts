import {
  CreateScheduleCommand,
  type CreateScheduleInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  type GetScheduleOutput,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { askAws } from "../aws/ask.js";
import { TransientError } from "../model/errors.js";
import { scheduleEnvironment } from "../runtime/environment.js";
import { log } from "../runtime/log.js";
import {
  repositoryOfSchedule,
  type ScheduleSource,
  schedulePrefix,
  sourceOfSchedule,
  type WantedSchedule,
} from "./wanted.js";

/** If a start fails for this long, the run is skipped, because it would otherwise be hours late. */
const retryPolicy = { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 5 };

const client = new SchedulerClient({
  maxAttempts: 3,
  // Without the last one, the SDK only logs a warning about a request that takes too long.
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
});

/** When creating: the schedule already exists. Otherwise: another change is in progress, so a retry helps. */
const conflict = "ConflictException";

/** The changes, by the names of the schedules. */
export interface Reconciled {
  created: string[];
  changed: string[];
  removed: string[];
}

/** How the schedules differ from those that are wanted. */
export interface Differences {
  /** Names. */
  unwanted: string[];
  /** Schedules that are missing, and those that differ, with a description of the differences. */
  wrong: { schedule: WantedSchedule; deviations?: string[] }[];
}

/**
 * The schedules of one repository in EventBridge Scheduler, all in the stack's group. Each starts `create-task`.
 * Every method is idempotent. Temporary errors are thrown as a `TransientError`, and other errors under Scheduler's own
 * name, such as `ValidationException` for an unknown time zone.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html
 */
export class RepositorySchedules {
  readonly #environment = scheduleEnvironment();
  readonly #prefix: string;

  /** @param repositoryId GitHub's numeric id, which survives renames. */
  constructor(repositoryId: number) {
    this.#prefix = schedulePrefix(repositoryId);
  }

  /** The names of all schedules that exist. */
  list(): Promise<string[]> {
    return listNames(this.#prefix);
  }

  /** The repository and installation that the schedules were created for; `undefined` if there are none. */
  async source(): Promise<ScheduleSource | undefined> {
    const [name] = await this.list();
    const input = name === undefined ? undefined : (await this.#get(name))?.Target?.Input;
    return input === undefined ? undefined : sourceOfSchedule(input);
  }

  /** Creates or updates a schedule. `likely` says which of the two is tried first. */
  async put(wanted: WantedSchedule, likely: "absent" | "present" = "absent"): Promise<"created" | "changed"> {
    const schedule = this.#definition(wanted);
    if (likely === "present" && (await this.#update(schedule))) return "changed";
    if (await this.#create(schedule)) return "created";
    if (await this.#update(schedule)) return "changed";
    throw new TransientError(
      "Another run is removing a schedule that this run should change. It is retried.",
    );
  }

  /** Removes a schedule. Returns whether it existed. */
  remove(name: string): Promise<boolean> {
    const command = new DeleteScheduleCommand({ Name: name, GroupName: this.#environment.SCHEDULE_GROUP });
    return unless("ResourceNotFoundException", "DeleteSchedule", (options) => client.send(command, options));
  }

  /**
   * Syncs the repository's schedules: removes those that are not wanted, creates missing ones, and updates those that
   * differ in a field that the relay sets. If none is wanted, all are removed. If Scheduler rejects a schedule, the
   * others are still synced, and the error is thrown at the end.
   */
  async reconcile(wanted: readonly WantedSchedule[]): Promise<Reconciled> {
    const done: Reconciled = { created: [], changed: [], removed: [] };
    const { unwanted, wrong } = await this.differences(wanted);
    for (const name of unwanted) if (await this.remove(name)) done.removed.push(name);
    const refused: Error[] = [];
    for (const { schedule, deviations } of wrong) {
      const { name } = schedule;
      try {
        done[await this.put(schedule, deviations ? "present" : "absent")].push(name);
      } catch (error) {
        if (!isRefusedSchedule(error)) throw error;
        log.error("Scheduler rejected a schedule", {
          schedule: name,
          error: error.name,
          reason: error.message,
        });
        refused.push(error);
      }
    }
    if (refused[0]) throw refused[0];
    return done;
  }

  /** What `reconcile` would change: schedules that are not wanted, and those that are missing or differ. */
  async differences(wanted: readonly WantedSchedule[]): Promise<Differences> {
    const present = new Set(await this.list());
    const names = new Set(wanted.map(({ name }) => name));
    const wrong: Differences["wrong"] = [];
    for (const schedule of wanted) {
      const current = present.has(schedule.name) ? await this.#get(schedule.name) : undefined;
      const deviations = current && deviationsOf(current, this.#definition(schedule));
      if (deviations === undefined) wrong.push({ schedule });
      else if (deviations.length > 0) wrong.push({ schedule, deviations });
    }
    return { unwanted: [...present].filter((name) => !names.has(name)), wrong };
  }

  async #get(name: string): Promise<GetScheduleOutput | undefined> {
    let found: GetScheduleOutput | undefined;
    const command = new GetScheduleCommand({ Name: name, GroupName: this.#environment.SCHEDULE_GROUP });
    await unless("ResourceNotFoundException", "GetSchedule", async (options) => {
      found = await client.send(command, options);
    });
    return found;
  }

  /** Returns whether it was created: false if a schedule of that name exists. */
  #create(schedule: CreateScheduleInput): Promise<boolean> {
    const command = new CreateScheduleCommand(schedule);
    return unless("ConflictException", "CreateSchedule", (options) => client.send(command, options));
  }

  /** Returns whether the schedule existed. An update replaces all of it: omitted fields get their defaults. */
  #update(schedule: CreateScheduleInput): Promise<boolean> {
    const command = new UpdateScheduleCommand(schedule);
    return unless("ResourceNotFoundException", "UpdateSchedule", (options) => client.send(command, options));
  }

  #definition({ name, expression, timezone, input }: WantedSchedule): CreateScheduleInput {
    const { SCHEDULE_GROUP, SCHEDULE_ROLE_ARN, SCHEDULE_DEAD_LETTERS_ARN, CREATE_TASK_FLOW_ARN } =
      this.#environment;
    return {
      Name: name,
      GroupName: SCHEDULE_GROUP,
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: timezone,
      FlexibleTimeWindow: { Mode: "OFF" },
      State: "ENABLED",
      Target: {
        Arn: CREATE_TASK_FLOW_ARN,
        RoleArn: SCHEDULE_ROLE_ARN,
        Input: input,
        RetryPolicy: retryPolicy,
        DeadLetterConfig: { Arn: SCHEDULE_DEAD_LETTERS_ARN },
      },
    };
  }
}

/** The ids of all repositories that have schedules. */
export async function scheduledRepositories(): Promise<Set<number>> {
  return new Set((await listNames()).map(repositoryOfSchedule));
}

/** The names of all schedules in the stack's group, or of those that begin with a prefix. */
async function listNames(prefix?: string): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  do {
    const command = new ListSchedulesCommand({
      GroupName: scheduleEnvironment().SCHEDULE_GROUP,
      ...(prefix !== undefined && { NamePrefix: prefix }),
      MaxResults: 100,
      ...(token !== undefined && { NextToken: token }),
    });
    const page = await ask("ListSchedules", (options) => client.send(command, options));
    for (const { Name } of page.Schedules ?? []) if (Name !== undefined) names.push(Name);
    token = page.NextToken;
  } while (token !== undefined);
  return names;
}

type Send<Answer> = Parameters<typeof askAws<Answer>>[1];

/** Returns whether the call succeeded: false if it was refused under this name. */
async function unless(refusal: string, operation: string, send: Send<unknown>): Promise<boolean> {
  try {
    await ask(operation, send, refusal === conflict ? [] : [conflict]);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === refusal) return false;
    throw error;
  }
}

function ask<Answer>(operation: string, send: Send<Answer>, passing: string[] = [conflict]): Promise<Answer> {
  return askAws({ service: "EventBridge Scheduler", operation, passing }, send);
}

/** Scheduler's errors about one schedule: its expression or time zone is invalid, or the quota is reached. */
const refusals = ["ValidationException", "ServiceQuotaExceededException"];

/**
 * Whether Scheduler rejects this one schedule permanently. Missing permissions or a missing group affect all of them.
 */
export function isRefusedSchedule(error: unknown): error is Error {
  return error instanceof Error && refusals.includes(error.name);
}

/**
 * The differences from the expected schedule, such as `expression rate(1 day) instead of cron(0 3 ? * * *)`. Only fields
 * that the relay sets count.
 */
function deviationsOf(current: GetScheduleOutput, expected: CreateScheduleInput): string[] {
  const [found, wanted] = [partsOf(current), partsOf(expected)];
  return Object.entries(wanted).flatMap(([part, value]) => {
    const present = found[part];
    if (present === value) return [];
    return part === "target" ? ["another target"] : [`${part} ${present} instead of ${value}`];
  });
}

function partsOf(schedule: CreateScheduleInput | GetScheduleOutput): Record<string, string | undefined> {
  const { ScheduleExpression, ScheduleExpressionTimezone, FlexibleTimeWindow, State, Target } = schedule;
  return {
    expression: ScheduleExpression,
    "time zone": ScheduleExpressionTimezone,
    "time window": FlexibleTimeWindow?.Mode,
    state: State,
    target: JSON.stringify([
      Target?.Arn,
      Target?.RoleArn,
      Target?.Input,
      Target?.RetryPolicy?.MaximumEventAgeInSeconds,
      Target?.RetryPolicy?.MaximumRetryAttempts,
      Target?.DeadLetterConfig?.Arn,
    ]),
  };
}
