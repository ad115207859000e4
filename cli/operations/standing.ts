import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { drainName, executionName } from "../../lambdas/aws/start-execution.js";
import { inParallel } from "../../lambdas/inbox/input-items.js";
import { type InboxMeta, mayWait } from "../../lambdas/inbox/meta.js";
import type { WaitingInput } from "../../lambdas/inbox/stored-input.js";
import type { TaskStatus } from "../../lambdas/model/record.js";
import { type Deployment, executionArn } from "../deployment/deployment.js";
import { stepFunctions } from "./clients.js";
import { inboxOf, type Work } from "./works.js";

/** An input that is waiting in an inbox, without its text, which may be confidential. */
export interface Waiting {
  id: string;
  kind: string;
  /** The author; for a failure, the workflow or the check. */
  from: string;
  url: string;
  since: Date;
}

/** The current state of a piece of work. */
export interface Standing {
  work: string;
  /** The state of its status comment. */
  state: TaskStatus["state"] | undefined;
  /** For a refusal or failure: the reason, and the execution. */
  detail: string | undefined;
  reference: string | undefined;
  /** Whether its newest event wanted the agent to work. */
  wanted: boolean;
  /** The time of that event. */
  since: Date | undefined;
  /** Its page on GitHub. */
  issue: string | undefined;
  /** The agent's page in Coder. */
  agent: string | undefined;
  owner: string | undefined;
  waiting: Waiting[];
}

export interface Run {
  flow: string;
  name: string;
  arn: string;
  status: string;
  startedAt: Date | undefined;
}

/** The state of a piece of work according to its record and inbox. */
export async function standingOf(work: Work): Promise<Standing> {
  const { status, task, source, wanted, intentAt } = work.record;
  return {
    work: work.reference,
    state: status?.state,
    detail: status?.detail,
    reference: status?.reference,
    wanted: wanted === true,
    since: intentAt === undefined ? undefined : new Date(intentAt),
    issue: source && "issue" in source ? source.issue.url : undefined,
    agent: task?.url,
    owner: task?.owner,
    waiting: await waitingFor(work),
  };
}

/** Whether the work is worth showing: an agent is or should be working, or somebody has to act. */
export function isCurrent({ record: { wanted, status } }: Work): boolean {
  return wanted === true || status?.state === "failed" || status?.state === "refused";
}

/** The states of several pieces of work. */
export function overview(works: readonly Work[]): Promise<Standing[]> {
  return inParallel(works, standingOf);
}

/** The inputs that are waiting for a task, in the order in which they will be sent. */
export async function waitingFor(work: Work): Promise<Waiting[]> {
  const inbox = await inboxOf(work);
  if (!mayWait(await inbox.meta.read())) return [];
  const found: Waiting[] = [];
  for await (const input of inbox.waiting()) found.push(toWaiting(input));
  return found;
}

/** The part of an input that operators see. */
export function toWaiting({ identity, input, queuedAt }: WaitingInput): Waiting {
  const { kind, url } = input;
  return { id: identity, kind, from: sourceOf(input), url, since: new Date(queuedAt) };
}

function sourceOf(input: WaitingInput["input"]): string {
  if (input.kind !== "failure") return input.author;
  if ("conflict" in input) return input.conflict.baseBranch;
  if ("queue" in input) return input.queue;
  return "workflow" in input ? input.workflow : input.check;
}

/**
 * The newest run of each flow that the record and the inbox name. Step Functions deletes a run's data after ninety days.
 */
export async function runsOf(deployment: Deployment, work: Work): Promise<Run[]> {
  const meta = await (await inboxOf(work)).meta.read();
  const runs = namesOf(work, meta).map(async ({ flow, name }): Promise<Run[]> => {
    const arn = executionArn(deployment, flow, name);
    try {
      const command = new DescribeExecutionCommand({ executionArn: arn });
      const { status = "", startDate } = await stepFunctions.send(command);
      return [{ flow, name, arn, status, startedAt: startDate }];
    } catch (error) {
      if (error instanceof Error && error.name === "ExecutionDoesNotExist") return [];
      throw error;
    }
  });
  return (await Promise.all(runs)).flat();
}

function namesOf({ key, record }: Work, { generation }: InboxMeta): { flow: string; name: string }[] {
  const { source, intentDelivery, task, follower, wanted } = record;
  const flow = wanted === true ? "create-task" : "delete-task";
  const repository = source?.repository.name ?? "";
  const drains = [generation - 1, generation].filter((each) => each >= 0);
  return [
    ...(source && "issue" in source && intentDelivery !== undefined
      ? [{ flow, name: executionName(flow, repository, source.issue.number, intentDelivery) }]
      : []),
    ...(task && follower !== undefined
      ? [{ flow: "follow-task", name: `${task.name}-${key.repositoryId}-${follower}` }]
      : []),
    ...drains.map((each) => ({ flow: "drain-inbox", name: drainName(key, each) })),
  ];
}
