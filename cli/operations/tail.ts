import { setTimeout as sleep } from "node:timers/promises";
import { GetExecutionHistoryCommand, type HistoryEvent, ListExecutionsCommand } from "@aws-sdk/client-sfn";
import { flowNames } from "../../infra/definition/action-spec.js";
import { inParallel } from "../../lambdas/inbox/input-items.js";
import type { TaskKey } from "../../lambdas/model/record.js";
import { type Deployment, flowArn } from "../deployment/deployment.js";
import { stepFunctions } from "./clients.js";
import { ServedWork } from "./served-work.js";

/** One event of a run. */
export interface Happening {
  at: Date;
  run: string;
  /** What happened, such as `Create task`, `started` or `failed`. */
  what: string;
  /** The error's name, if a state or run failed. An error of a state is retried or ends the run. */
  error?: string;
}

export interface TailOptions {
  /** Show only runs of this work. */
  work?: TaskKey | undefined;
  since: Date;
  /** When to stop. */
  until: Date;
}

/** The pause between two checks. */
const pauseMs = 2000;

/** Step Functions limits the rate of requests per account, so only the newest runs are followed. */
const followedRuns = 25;

interface FollowedRun {
  name: string;
  startedAt: number;
  isOver: boolean;
  lastEvent: number;
  lastWords: string;
  /** Whether it serves the requested work; `undefined` while that is unknown. */
  isShown: boolean | undefined;
}

/** The events of all runs as they happen, in order of time. */
export async function* tail(
  deployment: Deployment,
  { work, since, until }: TailOptions,
): AsyncGenerator<Happening> {
  const runs = new Map<string, FollowedRun>();
  const served = work && new ServedWork(work);
  for (;;) {
    const isLast = Date.now() >= until.getTime();
    await findRuns(deployment, since, runs, served === undefined);
    const open = [...runs].filter(([, run]) => !run.isOver);
    const shown = open
      .filter(([, run]) => run.isShown)
      .sort(([, a], [, b]) => b.startedAt - a.startedAt)
      .slice(0, followedRuns);
    const looked = [...shown, ...open.filter(([, run]) => run.isShown === undefined)];
    const found = await inParallel(looked, ([arn, run]) => newHappenings(arn, run, since, served));
    yield* found.flat().sort((a, b) => a.at.getTime() - b.at.getTime());
    if (isLast) return;
    await sleep(Math.min(pauseMs, Math.max(0, until.getTime() - Date.now())));
  }
}

async function findRuns(
  deployment: Deployment,
  since: Date,
  runs: Map<string, FollowedRun>,
  areShown: boolean,
): Promise<void> {
  // Query running executions, and recent ones that may have ended between two checks.
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
      // A redriven run continues.
      if (run?.isOver && stopDate === undefined && redriveDate !== undefined) run.isOver = false;
      const startedAt = startDate?.getTime() ?? 0;
      if (run || isOld) continue;
      const isShown = areShown || undefined;
      runs.set(arn, { name, startedAt, isOver: false, lastEvent: 0, lastWords: "", isShown });
    }
  });
}

/** The new events of a run. Returns nothing until it is known that the run is shown, and then all of its events. */
async function newHappenings(
  arn: string,
  run: FollowedRun,
  since: Date,
  served: ServedWork | undefined,
): Promise<Happening[]> {
  const events = await newEvents(arn, run);
  run.isOver ||= events.some(({ type = "" }) => /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(type));
  if (served && run.isShown === undefined) {
    const states = events.flatMap(
      ({ stateEnteredEventDetails: state, executionStartedEventDetails: start }) =>
        [state?.input, start?.input].filter((input) => input !== undefined),
    );
    run.isShown = await served.isServedBy(states);
    // Read the whole history again the next time.
    if (run.isShown === undefined && !run.isOver) run.lastEvent = 0;
    if (!run.isShown) return [];
  }
  return events.reverse().flatMap((event) => {
    const at = event.timestamp ?? new Date(0);
    const words = inWords(event);
    if (!words || at < since) return [];
    // A retried state fails in the same way again and again.
    const isRepeated = words.error !== undefined && run.lastWords === JSON.stringify(words);
    run.lastWords = JSON.stringify(words);
    return isRepeated ? [] : [{ at, run: run.name, ...words }];
  });
}

/** The new events, newest first. */
async function newEvents(executionArn: string, run: FollowedRun): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const command = new GetExecutionHistoryCommand({
      executionArn,
      reverseOrder: true,
      includeExecutionData: run.isShown === undefined,
      nextToken,
    });
    const page = await stepFunctions.send(command);
    const fresh = (page.events ?? []).filter(({ id = 0 }) => id > run.lastEvent);
    events.push(...fresh);
    nextToken = fresh.length === page.events?.length ? page.nextToken : undefined;
  } while (nextToken);
  run.lastEvent = events[0]?.id ?? run.lastEvent;
  return events;
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
