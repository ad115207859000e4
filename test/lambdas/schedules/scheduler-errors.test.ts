import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  SchedulerServiceException,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { RepositorySchedules } from "../../../lambdas/schedules/scheduler.js";
import { mockClient } from "../../mock-client.js";

/* Answers of EventBridge Scheduler that the local one gives only on demand, or not at all. */

const scheduler = mockClient(SchedulerClient);
let schedules: RepositorySchedules;
beforeAll(async () => {
  Object.assign(process.env, {
    AWS_REGION: "us-east-1",
    SCHEDULE_GROUP: "relay",
    SCHEDULE_ROLE_ARN: "arn:role",
    SCHEDULE_DEAD_LETTERS_ARN: "arn:queue",
    CREATE_TASK_FLOW_ARN: "arn:flow",
  });
  const { RepositorySchedules } = await import("../../../lambdas/schedules/scheduler.js");
  schedules = new RepositorySchedules(12);
});
beforeEach(() => void scheduler.reset());

const wanted = { name: "12.nightly", expression: "cron(0 3 * * ? *)", timezone: "UTC", input: "{}" };
const answer = (httpStatusCode: number, name: string) =>
  new SchedulerServiceException({
    name,
    $fault: "client",
    message: "what it says",
    $metadata: { httpStatusCode },
  });
const socket = (code: string) => Object.assign(new Error(`read ${code}`), { code });

const passing: [string, Error, string][] = [
  ["a throttle", answer(429, "ThrottlingException"), "429 ThrottlingException"],
  ["a 500", answer(500, "InternalServerException"), "500 InternalServerException"],
  ["a conflict with another change", answer(409, "ConflictException"), "409 ConflictException"],
  ["a socket that is reset", socket("ECONNRESET"), "ECONNRESET"],
  ["a pipe that breaks", socket("EPIPE"), "EPIPE"],
  ["no answer in time", Object.assign(new Error("timed out"), { name: "TimeoutError" }), "TimeoutError"],
];
test.each(passing)(
  "%s is a TransientError that names the operation and the cause",
  async (_, error, reason) => {
    scheduler.rejects(error);
    const failed = (operation: string) => ({
      name: "TransientError",
      message: `EventBridge Scheduler could not perform ${operation}: ${reason}. It is retried.`,
    });
    await expect(schedules.list()).rejects.toMatchObject(failed("ListSchedules"));
    await expect(schedules.remove(wanted.name)).rejects.toMatchObject(failed("DeleteSchedule"));
    await expect(schedules.put(wanted, "present")).rejects.toMatchObject(failed("UpdateSchedule"));
  },
);

test.each(passing.filter(([, { name }]) => name !== "ConflictException"))(
  "%s during a creation is also a TransientError",
  async (_, error, reason) => {
    scheduler.on(CreateScheduleCommand).rejects(error);
    await expect(schedules.put(wanted)).rejects.toMatchObject({
      name: "TransientError",
      message: expect.stringContaining(`CreateSchedule: ${reason}`),
    });
  },
);

test("a conflict during a creation means that the schedule exists, so it is updated", async () => {
  scheduler.on(CreateScheduleCommand).rejects(answer(409, "ConflictException"));
  scheduler.on(UpdateScheduleCommand).resolves({ ScheduleArn: "arn" });
  expect(await schedules.put(wanted)).toBe("changed");
});

test("a schedule that is removed while it is being changed is left to the next attempt", async () => {
  scheduler.on(CreateScheduleCommand).rejects(answer(409, "ConflictException"));
  scheduler.on(UpdateScheduleCommand).rejects(answer(404, "ResourceNotFoundException"));
  await expect(schedules.put(wanted, "present")).rejects.toMatchObject({ name: "TransientError" });
});

test("a schedule that is gone already counts as removed by somebody else", async () => {
  scheduler.on(DeleteScheduleCommand).rejects(answer(404, "ResourceNotFoundException"));
  expect(await schedules.remove(wanted.name)).toBe(false);
});

test.each(["AccessDeniedException", "ResourceNotFoundException"])(
  "a refusal of the whole group keeps its name: %s",
  async (name) => {
    scheduler.on(ListSchedulesCommand).rejects(answer(400, name));
    await expect(schedules.reconcile([wanted])).rejects.toMatchObject({ name });
  },
);

test("a refused schedule does not keep the others from being synced, and its error is thrown at the end", async () => {
  const other = { ...wanted, name: "12.weekly" };
  scheduler.on(ListSchedulesCommand).resolves({ Schedules: [] });
  scheduler.on(GetScheduleCommand).resolves({});
  scheduler
    .on(CreateScheduleCommand)
    .resolves({ ScheduleArn: "arn" })
    .on(CreateScheduleCommand, { Name: wanted.name })
    .rejects(answer(400, "ValidationException"));
  await expect(schedules.reconcile([wanted, other])).rejects.toMatchObject({ name: "ValidationException" });
  const created = scheduler.commandCalls(CreateScheduleCommand).map(({ args: [{ input }] }) => input.Name);
  expect(created).toEqual([wanted.name, other.name]);
});
