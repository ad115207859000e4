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
import { schedulePrefix, type WantedSchedule } from "./wanted.js";

/** A start that could not be made in time is not made up for hours later: the next one comes. */
const retryPolicy = { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 5 };

const client = new SchedulerClient({
  maxAttempts: 3,
  // Without the last of them, the SDK only warns of a request that takes too long.
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
});

/** Of a schedule that is there, to be created; else of a change of the same schedule under way, which passes. */
const conflict = "ConflictException";

/** What was done, by the names of the schedules. */
export interface Reconciled {
  created: string[];
  changed: string[];
  removed: string[];
}

/**
 * The schedules of one repository in EventBridge Scheduler, all in the stack's group. Each starts `create-task`.
 * Every method can be repeated. Passing trouble is thrown as a `TransientError`; any other refusal under
 * Scheduler's own name, such as `ValidationException` for a time zone that it does not know.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html
 */
export class RepositorySchedules {
  readonly #environment = scheduleEnvironment();
  readonly #prefix: string;

  /** @param repositoryId GitHub's numeric id, which survives renames. */
  constructor(repositoryId: number) {
    this.#prefix = schedulePrefix(repositoryId);
  }

  /** The names of all that are there. */
  async list(): Promise<string[]> {
    const names: string[] = [];
    let token: string | undefined;
    do {
      const command = new ListSchedulesCommand({
        GroupName: this.#environment.SCHEDULE_GROUP,
        NamePrefix: this.#prefix,
        MaxResults: 100,
        ...(token !== undefined && { NextToken: token }),
      });
      const page = await ask("ListSchedules", (options) => client.send(command, options));
      for (const { Name } of page.Schedules ?? []) if (Name !== undefined) names.push(Name);
      token = page.NextToken;
    } while (token !== undefined);
    return names;
  }

  /** Creates a schedule, or makes it what it should be. `likely` says what is tried first. */
  async put(wanted: WantedSchedule, likely: "absent" | "present" = "absent"): Promise<"created" | "changed"> {
    const schedule = this.#definition(wanted);
    if (likely === "present" && (await this.#update(schedule))) return "changed";
    if (await this.#create(schedule)) return "created";
    if (await this.#update(schedule)) return "changed";
    throw new TransientError(
      "A schedule is being removed while it should be changed: another run is at it. It is tried again by itself.",
    );
  }

  /** Removes a schedule. Whether there was one. */
  remove(name: string): Promise<boolean> {
    const command = new DeleteScheduleCommand({ Name: name, GroupName: this.#environment.SCHEDULE_GROUP });
    return unless("ResourceNotFoundException", "DeleteSchedule", (options) => client.send(command, options));
  }

  /**
   * Syncs the repository's schedules: removes those that are not wanted, creates missing ones, changes those that differ in
   * anything that the relay sets, and leaves the rest alone. If none is wanted, all are removed. A schedule that
   * Scheduler refuses does not stop the others: the refusal is thrown after them.
   */
  async reconcile(wanted: readonly WantedSchedule[]): Promise<Reconciled> {
    const done: Reconciled = { created: [], changed: [], removed: [] };
    const present = new Set(await this.list());
    const names = new Set(wanted.map(({ name }) => name));
    for (const name of present) {
      if (!names.has(name) && (await this.remove(name))) done.removed.push(name);
    }
    const refused: Error[] = [];
    for (const schedule of wanted) {
      const { name } = schedule;
      const current = present.has(name) ? await this.#get(name) : undefined;
      if (current && comparable(current) === comparable(this.#definition(schedule))) continue;
      try {
        done[await this.put(schedule, current ? "present" : "absent")].push(name);
      } catch (error) {
        if (!isRefusedSchedule(error)) throw error;
        log.error("Scheduler refuses a schedule", {
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

  async #get(name: string): Promise<GetScheduleOutput | undefined> {
    let found: GetScheduleOutput | undefined;
    const command = new GetScheduleCommand({ Name: name, GroupName: this.#environment.SCHEDULE_GROUP });
    await unless("ResourceNotFoundException", "GetSchedule", async (options) => {
      found = await client.send(command, options);
    });
    return found;
  }

  /** Whether it could be created: false where there is one of that name. */
  #create(schedule: CreateScheduleInput): Promise<boolean> {
    const command = new CreateScheduleCommand(schedule);
    return unless("ConflictException", "CreateSchedule", (options) => client.send(command, options));
  }

  /** Whether there was one to update. An update replaces the whole: what is left out falls back to the default. */
  #update(schedule: CreateScheduleInput): Promise<boolean> {
    const command = new UpdateScheduleCommand(schedule);
    return unless("ResourceNotFoundException", "UpdateSchedule", (options) => client.send(command, options));
  }

  #definition({ name, expression, timezone, input }: WantedSchedule): CreateScheduleInput {
    const { SCHEDULE_GROUP, SCHEDULE_ROLE_ARN, CREATE_TASK_FLOW_ARN } = this.#environment;
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
      },
    };
  }
}

type Send<Answer> = Parameters<typeof askAws<Answer>>[1];

/** Whether it was done, or refused under this one name. */
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

/** Scheduler's names for the refusal of one schedule: its expression or time zone is invalid, or it is one too many. */
const refusals = ["ValidationException", "ServiceQuotaExceededException"];

/** Whether Scheduler refuses this one schedule for good. Missing rights or a missing group stop all schedules alike. */
export function isRefusedSchedule(error: unknown): error is Error {
  return error instanceof Error && refusals.includes(error.name);
}

/** All parts of a schedule that the relay sets, as one text to compare. */
function comparable(schedule: CreateScheduleInput | GetScheduleOutput): string {
  const { ScheduleExpression, ScheduleExpressionTimezone, FlexibleTimeWindow, State, Target } = schedule;
  return JSON.stringify([
    ScheduleExpression,
    ScheduleExpressionTimezone,
    FlexibleTimeWindow?.Mode,
    State,
    Target?.Arn,
    Target?.RoleArn,
    Target?.Input,
    Target?.RetryPolicy?.MaximumEventAgeInSeconds,
    Target?.RetryPolicy?.MaximumRetryAttempts,
  ]);
}
