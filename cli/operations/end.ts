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

/** GitHub has no account with this id. The end of work needs no permission. */
const operator = { id: 0, login: "operator", type: "User" };

/** Between two looks at the run. */
const pauseMs = 500;

/**
 * The issue of a piece of work.
 *
 * @throws {CommandError} if it is no issue's work.
 */
export function issueOf({ record, reference }: Work): IssueSource {
  const { source } = record;
  if (source && "issue" in source) return source;
  throw new CommandError(
    "usage",
    `${reference} is no issue. Its task is replaced by the next run; remove it from the config file to end it for good.`,
  );
}

/**
 * Ends an issue's task for good: runs `delete-task` as the close of the issue does, then unassigns the agent on GitHub, so
 * that nothing asks for a new task. In the other order, GitHub's delivery could overtake the run, and would only pause the
 * task. Returns the run's name and its status once it is over.
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

/** How a run ends. */
async function endOf(arn: string): Promise<string> {
  for (;;) {
    const { status = "" } = await stepFunctions.send(new DescribeExecutionCommand({ executionArn: arn }));
    if (status !== "RUNNING") return status;
    await sleep(pauseMs);
  }
}

/** The agent is a reviewer of a pull request, too. One that is gone, or out of the App's reach, has nobody to unassign. */
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
