import { GetExecutionHistoryCommand, ListExecutionsCommand } from "@aws-sdk/client-sfn";
import type { FlowName } from "../../infra/definition/action-spec.js";
import { type ActionName, actionNames, pascalCase } from "../../infra/definition/actions.js";
import { readFlow } from "../../infra/definition/flow-source.js";
import { inParallel } from "../../lambdas/inbox/input-items.js";
import { type Deployment, flowArn } from "../deployment/deployment.js";
import { stepFunctions } from "./clients.js";

/** What the runs of a flow have used, by their histories. */
export interface FlowUsage {
  runs: number;
  transitions: number;
  /** How often they called each Lambda. */
  calls: ReadonlyMap<ActionName, number>;
  /** Each run was counted; otherwise the newest ones stand for all. */
  isMeasured: boolean;
}

/** Histories that are read of a flow: Step Functions answers twenty a second after the first four hundred. */
export const mostHistories = 50;

/** What the runs that a flow has begun since a time have used. `started`: how many CloudWatch has counted. */
export async function usageOf(
  deployment: Deployment,
  flow: FlowName,
  since: Date,
  started: number,
): Promise<FlowUsage> {
  const query = { stateMachineArn: flowArn(deployment, flow), maxResults: mostHistories };
  const { executions = [], nextToken } = await stepFunctions.send(new ListExecutionsCommand(query));
  const recent = executions.filter((run) => run.startDate !== undefined && run.startDate >= since);
  // The list is in the order of ends, and of starts if a run is not over.
  const { stopDate, startDate = since } = executions.at(-1) ?? {};
  const isMeasured = nextToken === undefined || (stopDate ?? startDate) < since;
  const actionOf = actionsOfStates(flow);
  const histories = await inParallel(recent, ({ executionArn = "" }) => historyOf(executionArn, actionOf));
  // CloudWatch can be minutes behind, and may miss a run.
  const runs = isMeasured ? recent.length : Math.max(started, recent.length);
  const factor = recent.length === 0 ? 0 : runs / recent.length;
  const calls = new Map<ActionName, number>();
  for (const action of histories.flatMap((history) => history.calls)) {
    calls.set(action, (calls.get(action) ?? 0) + factor);
  }
  const transitions = factor * histories.reduce((sum, history) => sum + history.transitions, 0);
  return { runs, transitions, calls, isMeasured };
}

/** A transition is a state that is entered, or a retry, which the history shows as another schedule of the task. */
async function historyOf(executionArn: string, actionOf: ReadonlyMap<string, ActionName>) {
  const calls: ActionName[] = [];
  let transitions = 0;
  let state = "";
  let nextToken: string | undefined;
  do {
    const command = new GetExecutionHistoryCommand({
      executionArn,
      includeExecutionData: false,
      maxResults: 1000,
      nextToken,
    });
    const page = await stepFunctions.send(command);
    for (const { type = "", stateEnteredEventDetails } of page.events ?? []) {
      state = stateEnteredEventDetails?.name ?? state;
      const isCall = type === "TaskScheduled";
      if (isCall || (type.endsWith("StateEntered") && type !== "TaskStateEntered")) transitions += 1;
      const action = isCall ? actionOf.get(state) : undefined;
      if (action !== undefined) calls.push(action);
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return { transitions, calls };
}

/** The Lambda that each task of a flow calls. */
function actionsOfStates(flow: FlowName): Map<string, ActionName> {
  const { States } = JSON.parse(readFlow(flow)) as {
    States: Record<string, { Parameters?: { FunctionName?: string } }>;
  };
  const names = new Map(actionNames.map((name) => [`\${${pascalCase(name)}Arn}`, name]));
  const found = Object.entries(States).map(
    ([state, { Parameters }]) => [state, names.get(Parameters?.FunctionName ?? "")] as const,
  );
  return new Map(found.flatMap(([state, action]) => (action === undefined ? [] : [[state, action]])));
}
