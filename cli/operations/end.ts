import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { executionName, startExecution } from "../../lambdas/aws/start-execution.js";
import { isRefusal } from "../../lambdas/model/errors.js";
import type { IssueSource } from "../../lambdas/model/record.js";
import { type Deployment, executionArn, flowArn } from "../deployment/deployment.js";
import { CommandError } from "../frame/exit.js";
import { stepFunctions } from "./clients.js";
import type { Work } from "./works.js";

/** GitHub has no account with this id. Ending work needs no permission. */
const operator = { id: 0, login: "operator", type: "User" };

/** The pause between two checks of the run. */
const pauseMs = 500;

/**
 * The issue of a piece of work.
 *
 * @throws {CommandError} if the work is not an issue's.
 */
export function issueOf({ record, reference }: Work): IssueSource {
  const { source } = record;
  if (source && "issue" in source) return source;
  throw new CommandError(
    "usage",
    `${reference} is not an issue. Its task is replaced by the next run; to end it permanently, remove it from the config file.`,
  );
}

/**
 * Ends an issue's task permanently: runs `delete-task` as if the issue had been closed, then unassigns the agent on
 * GitHub so that nothing requests a new task. In the opposite order, GitHub's delivery could overtake the run and would
 * only pause the task. Returns the run's name and its final status.
 */
export async function endTask(
  deployment: Deployment,
  source: IssueSource,
): Promise<{ run: string; status: string }> {
  const { installation, repository, issue } = source;
  const delivery = randomUUID();
  const run = executionName("delete-task", repository.name, issue.number, delivery);
  const event = {
    type: "task_closed",
    reason: "closed",
    delivery,
    installation,
    repository,
    issue,
    at: new Date().toISOString(),
    sender: operator,
    agentAssigned: false,
  };
  await startExecution(flowArn(deployment, "delete-task"), run, { event });
  const status = await endOf(executionArn(deployment, "delete-task", run));
  if (status === "SUCCEEDED") await unassign(source);
  return { run, status };
}

/** Waits for the final status of a run. */
async function endOf(arn: string): Promise<string> {
  for (;;) {
    const { status = "" } = await stepFunctions.send(new DescribeExecutionCommand({ executionArn: arn }));
    if (status !== "RUNNING") return status;
    await sleep(pauseMs);
  }
}

/**
 * For a pull request, also removes the agent as a reviewer. If the issue is gone or the App can't access it, there is
 * nothing to do.
 */
async function unassign({ installation, repository, issue }: IssueSource): Promise<void> {
  const { connectGitHub } = await import("../../lambdas/github/app.js");
  const { rest } = (await connectGitHub()).installation(installation);
  const place = { owner: repository.owner, repo: repository.name };
  const agents = [process.env.AGENT_GITHUB_USERNAME ?? ""];
  try {
    await rest.issues.removeAssignees({ ...place, issue_number: issue.number, assignees: agents });
    if (issue.ask === undefined) return;
    await rest.pulls.removeRequestedReviewers({ ...place, pull_number: issue.number, reviewers: agents });
  } catch (error) {
    if (!isRefusal(error, 403, 404, 410)) throw error;
  }
}
