import {
  DescribeExecutionCommand,
  type ExecutionListItem,
  type ExecutionStatus,
  paginateListExecutions,
} from "@aws-sdk/client-sfn";
import { flowNames } from "../../infra/definition/action-spec.js";
import { messageOf } from "../../lambdas/status/cause.js";
import { type Deployment, flowArn } from "../deployment/deployment.js";
import { stepFunctions } from "./clients.js";

/** A run of a flow. */
export interface Execution {
  flow: string;
  name: string;
  arn: string;
  status: ExecutionStatus;
  startedAt: Date;
  endedAt?: Date | undefined;
  redrives: number;
}

/** A failed run with its error. */
export interface FailedExecution extends Execution {
  /** The name of the error, such as `CoderForbiddenError`. */
  error: string;
  message: string;
  /** JSON. */
  input: string;
}

const failures = ["FAILED", "TIMED_OUT", "ABORTED"] as const satisfies ExecutionStatus[];

/**
 * The runs of all flows with a status, newest first. Runs that are over are included only if they ended after `since`.
 */
export async function executions(
  deployment: Deployment,
  status: ExecutionStatus,
  since = new Date(0),
): Promise<Execution[]> {
  const lists = await Promise.all(flowNames.map((flow) => list(deployment, flow, status, since)));
  return lists.flat().sort((a, b) => time(b) - time(a));
}

/** The runs that have failed since a time, newest first, without those that a redrive has fixed. */
export async function failedExecutions(deployment: Deployment, since: Date): Promise<FailedExecution[]> {
  const lists = await Promise.all(failures.map((status) => executions(deployment, status, since)));
  const found = lists.flat().sort((a, b) => time(b) - time(a));
  return Promise.all(found.map(withFailure));
}

async function list(deployment: Deployment, flow: string, statusFilter: ExecutionStatus, since: Date) {
  const found: Execution[] = [];
  const query = { stateMachineArn: flowArn(deployment, flow), statusFilter };
  for await (const { executions: page = [] } of paginateListExecutions({ client: stepFunctions }, query)) {
    const all = page.map((item) => toExecution(flow, item));
    const recent = all.filter((execution) => time(execution) >= since.getTime());
    found.push(...recent);
    // The list starts with the newest run.
    if (recent.length < all.length) break;
  }
  return found;
}

async function withFailure(execution: Execution): Promise<FailedExecution> {
  const command = new DescribeExecutionCommand({ executionArn: execution.arn });
  const { error, cause = "", input = "" } = await stepFunctions.send(command);
  return { ...execution, error: error ?? execution.status, message: messageOf(cause), input };
}

function toExecution(flow: string, item: ExecutionListItem): Execution {
  return {
    flow,
    name: item.name ?? "",
    arn: item.executionArn ?? "",
    status: item.status ?? "FAILED",
    startedAt: item.startDate ?? new Date(0),
    endedAt: item.stopDate,
    redrives: item.redriveCount ?? 0,
  };
}

/** The time by which Step Functions sorts a run in its lists, in milliseconds since the epoch. */
function time({ startedAt, endedAt }: Execution): number {
  return (endedAt ?? startedAt).getTime();
}
