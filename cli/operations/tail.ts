import { setTimeout as sleep } from "node:timers/promises";
import { GetExecutionHistoryCommand, type HistoryEvent, ListExecutionsCommand } from "@aws-sdk/client-sfn";
import { flowNames } from "../../infra/definition/action-spec.js";
import { inParallel } from "../../lambdas/inbox/input-items.js";
import { type Deployment, flowArn } from "../deployment/deployment.js";
import { stepFunctions } from "./clients.js";
import type { Work } from "./works.js";

/** One event of a run. */
export interface Happening {
  at: Date;
  run: string;
  /** In words: `Create task`, `started`, `failed`. */
  what: string;
  /** The error's name, of a state or run that failed. A state's is retried, or ends the run. */
  error?: string;
}

export interface TailOptions {
  /** Only runs of this work. */
  work?: Work | undefined;
  since: Date;
  /** Stop then. */
  until: Date;
}

/** Between two looks. */
const pauseMs = 2000;

/** Step Functions limits the rate of requests for an account, so only the newest runs are followed. */
const followedRuns = 25;

interface FollowedRun {
  name: string;
  startedAt: number;
  isOver: boolean;
  lastEvent: number;
  lastWords: string;
}

/** The events of all runs as they happen, in order of time. */
export async function* tail(
  deployment: Deployment,
  { work, since, until }: TailOptions,
): AsyncGenerator<Happening> {
  const runs = new Map<string, FollowedRun>();
  for (;;) {
    const isLast = Date.now() >= until.getTime();
    await findRuns(deployment, since, runs);
    const open = [...runs]
      .filter(([, run]) => !run.isOver && (work === undefined || isOf(work, run.name)))
      .sort(([, a], [, b]) => b.startedAt - a.startedAt)
      .slice(0, followedRuns);
    const found = await inParallel(open, ([arn, run]) => newEvents(arn, run, since));
    yield* found.flat().sort((a, b) => a.at.getTime() - b.at.getTime());
    if (isLast) return;
    await sleep(Math.min(pauseMs, Math.max(0, until.getTime() - Date.now())));
  }
}

async function findRuns(deployment: Deployment, since: Date, runs: Map<string, FollowedRun>): Promise<void> {
  // The running ones, and those that were over before anybody looked.
  const queries = flowNames.flatMap((flow) => {
    const stateMachineArn = flowArn(deployment, flow);
    return [
      { stateMachineArn, statusFilter: "RUNNING" as const },
      { stateMachineArn, maxResults: 50 },
    ];
  });
  await inParallel(queries, async (query) => {
    const { executions = [] } = await stepFunctions.send(new ListExecutionsCommand(query));
    for (const { executionArn: arn = "", name = "", startDate, stopDate, redriveDate } of executions) {
      const isOld = stopDate !== undefined && stopDate < since;
      const run = runs.get(arn);
      // A redriven run goes on.
      if (run?.isOver && stopDate === undefined && redriveDate !== undefined) run.isOver = false;
      const startedAt = startDate?.getTime() ?? 0;
      if (!run && !isOld) runs.set(arn, { name, startedAt, isOver: false, lastEvent: 0, lastWords: "" });
    }
  });
}

async function newEvents(executionArn: string, run: FollowedRun, since: Date): Promise<Happening[]> {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const command = new GetExecutionHistoryCommand({
      executionArn,
      reverseOrder: true,
      includeExecutionData: false,
      nextToken,
    });
    const page = await stepFunctions.send(command);
    const fresh = (page.events ?? []).filter(({ id = 0 }) => id > run.lastEvent);
    events.push(...fresh);
    nextToken = fresh.length === page.events?.length ? page.nextToken : undefined;
  } while (nextToken);
  run.lastEvent = events[0]?.id ?? run.lastEvent;
  run.isOver ||= events.some(({ type = "" }) => /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(type));
  return events.reverse().flatMap((event) => {
    const at = event.timestamp ?? new Date(0);
    const words = inWords(event);
    if (!words || at < since) return [];
    // A state that is retried fails again and again in the same way.
    const isRepeated = words.error !== undefined && run.lastWords === JSON.stringify(words);
    run.lastWords = JSON.stringify(words);
    return isRepeated ? [] : [{ at, run: run.name, ...words }];
  });
}

function inWords(event: HistoryEvent): { what: string; error?: string } | undefined {
  const { type = "", stateEnteredEventDetails, taskFailedEventDetails, executionFailedEventDetails } = event;
  if (type === "TaskStateEntered") return { what: stateEnteredEventDetails?.name ?? "" };
  if (type === "TaskFailed") return { what: "not yet", error: taskFailedEventDetails?.error ?? "" };
  if (type === "TaskTimedOut") return { what: "not yet", error: "States.Timeout" };
  if (type === "ExecutionFailed") return { what: "failed", error: executionFailedEventDetails?.error ?? "" };
  const [, end] = /^Execution(Started|Succeeded|Aborted|TimedOut|Redriven)$/.exec(type) ?? [];
  return end === undefined ? undefined : { what: end === "TimedOut" ? "timed out" : end.toLowerCase() };
}

/** Whether a run serves the work, by its name. Runs that find the work themselves, by a pull request, don't count. */
function isOf({ key, record }: Work, run: string): boolean {
  const { source, task } = record;
  const issue =
    source && "issue" in source ? `-${source.repository.name}-${source.issue.number}-` : undefined;
  return (
    (issue !== undefined && run.includes(issue)) ||
    run.startsWith(`drain-${key.repositoryId}-${key.work}-`) ||
    (task !== undefined && run.startsWith(`${task.name}-${key.repositoryId}-`))
  );
}
