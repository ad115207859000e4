import { GetExecutionHistoryCommand, ListExecutionsCommand } from "@aws-sdk/client-sfn";
import type { FlowName } from "../../infra/definition/action-spec.js";
import { type ActionName, actionNames, pascalCase } from "../../infra/definition/actions.js";
import { readFlow } from "../../infra/definition/flow-source.js";
import { inParallel } from "../../lambdas/inbox/input-items.js";
import { type Deployment, flowArn } from "../deployment/deployment.js";
import { stepFunctions } from "./clients.js";

/** The usage of a flow's runs, according to their histories. */
export interface FlowUsage {
  runs: number;
  transitions: number;
  /** How often they called each Lambda. */
  calls: ReadonlyMap<ActionName, number>;
  /** `true` if every run was counted; otherwise the newest ones represent all. */
  isMeasured: boolean;
}

/**
 * How many histories of a flow are read. After the first four hundred, Step Functions answers only twenty requests a
 * second.
 */
export const mostHistories = 50;

/** The usage of the runs that a flow has started since a time. `started` is CloudWatch's count of them. */
export async function usageOf(
  deployment: Deployment,
  flow: FlowName,
  since: Date,
  started: number,
): Promise<FlowUsage> {
  const query = { stateMachineArn: flowArn(deployment, flow), maxResults: mostHistories };
  const { executions = [], nextToken } = await stepFunctions.send(new ListExecutionsCommand(query));
  const recent = executions.filter((run) => run.startDate !== undefined && run.startDate >= since);
  // The list is sorted by the time when a run ended, or started if it is not over.
  const { stopDate, startDate = since } = executions.at(-1) ?? {};
  const isMeasured = nextToken === undefined || (stopDate ?? startDate) < since;
  const actionOf = actionsOfStates(flow);
  const histories = await inParallel(recent, ({ executionArn = "" }) => historyOf(executionArn, actionOf));
  // CloudWatch can be minutes behind and miss a run.
  const runs = isMeasured ? recent.length : Math.max(started, recent.length);
  const factor = recent.length === 0 ? 0 : runs / recent.length;
  const calls = new Map<ActionName, number>();
  for (const action of histories.flatMap((history) => history.calls)) {
    calls.set(action, (calls.get(action) ?? 0) + factor);
  }
  const transitions = factor * histories.reduce((sum, history) => sum + history.transitions, 0);
  return { runs, transitions, calls, isMeasured };
}

/** Entering a state is a transition, and so is a retry, which the history shows as the task being scheduled again. */
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
