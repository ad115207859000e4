import { paginateListSchedules, SchedulerClient, type ScheduleSummary } from "@aws-sdk/client-scheduler";
import type { FlowName } from "../../infra/definition/action-spec.js";
import { flowArn } from "../deployment/deployment.js";
import { age } from "../frame/time.js";
import { executions, failedExecutions } from "../operations/executions.js";
import { type Check, type CheckGroup, fault, faultsOr, ok } from "./finding.js";

const hourMs = 3_600_000;

/** How long a run of each flow takes at most if nothing is wrong: an agent can be busy for a day, and its turn last days. */
const longestMs: Partial<Record<string, number>> = {
  "drain-inbox": 24 * hourMs,
  "follow-task": 5 * 24 * hourMs,
} satisfies Partial<Record<FlowName, number>>;
const otherwiseMs = 2 * hourMs;

const stuck: Check = {
  name: "Running",
  async run(deployment) {
    const running = await executions(deployment, "RUNNING");
    const late = running.filter(
      ({ flow, startedAt }) => Date.now() - startedAt.getTime() > (longestMs[flow] ?? otherwiseMs),
    );
    return faultsOr(
      late.map(({ name, startedAt }) =>
        fault(
          `${name} has run for ${age(startedAt)}`,
          "See in the Step Functions console which state repeats, and why: docs/operations.md.",
        ),
      ),
      `${running.length} runs, none for too long`,
    );
  },
};

const failed: Check = {
  name: "Failed",
  async run(deployment) {
    const found = await failedExecutions(deployment, new Date(Date.now() - 24 * hourMs));
    if (found.length === 0) return [ok("no run for a day")];
    const errors = [...new Set(found.map(({ error }) => error))].join(", ");
    return [
      fault(
        `${found.length} runs within a day: ${errors}`,
        "See npm run relay -- failed; mend the cause, then npm run relay -- redrive --all-since 1d.",
      ),
    ];
  },
};

const schedules: Check = {
  name: "Schedules",
  async run(deployment) {
    const jobs = await list(deployment.environment.SCHEDULE_GROUP ?? "");
    const target = flowArn(deployment, "create-task");
    const wrongJobs = jobs.filter(({ State, Target }) => State !== "ENABLED" || Target?.Arn !== target);
    // On this machine, the relay's own ones are no schedules of the local Scheduler's group.
    const own = deployment.isLocal ? [] : await list(`${deployment.stackName}-recurring`);
    const disabled = own.filter(({ State }) => State !== "ENABLED");
    const faults = [
      ...wrongJobs.map(({ Name }) =>
        fault(
          `the schedule ${Name} of a job is disabled, or doesn't start create-task`,
          "Delete it in EventBridge Scheduler, and push the repository's config file: that creates it anew.",
        ),
      ),
      ...disabled.map(({ Name }) =>
        fault(`the schedule of λ ${Name} is disabled`, "Enable it in EventBridge Scheduler."),
      ),
    ];
    return faultsOr(faults, `${jobs.length + own.length}, all of them in order`);
  },
};

async function list(GroupName: string): Promise<ScheduleSummary[]> {
  const found: ScheduleSummary[] = [];
  const pages = paginateListSchedules({ client: new SchedulerClient({}) }, { GroupName });
  for await (const { Schedules = [] } of pages) found.push(...Schedules);
  return found;
}

export const runChecks: CheckGroup = { gate: schedules, checks: [stuck, failed] };
