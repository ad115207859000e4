import { type FlowName, flowNames } from "../../infra/definition/action-spec.js";
import { type ActionName, actionNames, actions } from "../../infra/definition/actions.js";
import type { Deployment } from "../deployment/deployment.js";
import { type FlowUsage, usageOf } from "./flow-usage.js";
import { metricSums } from "./metric-sums.js";

/** Prices of us-east-1 in USD; those of other regions differ by a few percent. Free tiers are not deducted. */
export const prices = {
  /** https://aws.amazon.com/step-functions/pricing */
  transition: 0.025 / 1000,
  /** https://aws.amazon.com/lambda/pricing, on Arm */
  lambdaCall: 0.2 / 1e6,
  lambdaGbSecond: 0.0000133334,
  /** https://aws.amazon.com/dynamodb/pricing/on-demand */
  readUnit: 0.125 / 1e6,
  writeUnit: 0.625 / 1e6,
};

interface LambdaUse {
  calls: number;
  gbSeconds: number;
}

/** The cost of a flow: its transitions, and its share of the Lambdas that it calls. */
export interface FlowCost {
  flow: FlowName;
  runs: number;
  transitions: number;
  lambda: LambdaUse;
  usd: number;
  /** `true` if the history of every run was counted; otherwise the newest runs represent all. */
  isMeasured: boolean;
}

export interface Cost {
  since: Date;
  flows: FlowCost[];
  /** Lambdas that no flow has called: webhook, and those called by schedules. Measured. */
  other: LambdaUse & { usd: number };
  /** Measured. */
  table: { reads: number; writes: number; usd: number };
  usd: number;
}

/**
 * The main parts of the relay's cost since a time. CloudWatch measures the Lambdas' calls and times, and the table's
 * consumption. It counts transitions only per account, as a rate, so the transitions of a flow and the Lambdas that it
 * calls are taken from the histories of its runs.
 */
export async function costSince(deployment: Deployment, since: Date): Promise<Cost> {
  const sums = await metricSums(deployment, since);
  const usages = new Map<FlowName, FlowUsage>();
  // One flow after the other, because each reads its histories in parallel.
  for (const flow of flowNames) {
    usages.set(flow, await usageOf(deployment, flow, since, sums.get(flow) ?? 0));
  }
  const { ofFlows, other } = shares(usages, sums);
  const flows = flowNames.map((flow): FlowCost => {
    const { runs = 0, transitions = 0, isMeasured = true } = usages.get(flow) ?? {};
    const lambda = ofFlows.get(flow) ?? { calls: 0, gbSeconds: 0 };
    const usd = transitions * prices.transition + priceOf(lambda);
    return { flow, runs, transitions, lambda, usd, isMeasured };
  });
  const [reads, writes] = [sums.get("reads") ?? 0, sums.get("writes") ?? 0];
  const table = { reads, writes, usd: reads * prices.readUnit + writes * prices.writeUnit };
  const usd = total(flows.map((flow) => flow.usd)) + priceOf(other) + table.usd;
  return { since, flows, other: { ...other, usd: priceOf(other) }, table, usd };
}

/** Divides the measured use of each Lambda among the flows, by how often each flow has called it. */
function shares(usages: ReadonlyMap<FlowName, FlowUsage>, sums: ReadonlyMap<string, number>) {
  const ofFlows = new Map<FlowName, LambdaUse>();
  const other: LambdaUse = { calls: 0, gbSeconds: 0 };
  for (const action of actionNames) {
    const callsBy = (flow: FlowName) => usages.get(flow)?.calls.get(action) ?? 0;
    const called = total(flowNames.map(callsBy));
    const measured = measuredUse(action, sums);
    if (called === 0) add(other, measured, 1);
    for (const flow of flowNames) {
      const use = ofFlows.get(flow) ?? { calls: 0, gbSeconds: 0 };
      ofFlows.set(flow, use);
      if (called > 0) add(use, measured, callsBy(flow) / called);
    }
  }
  return { ofFlows, other };
}

function measuredUse(action: ActionName, sums: ReadonlyMap<string, number>): LambdaUse {
  const seconds = (sums.get(`${action} ms`) ?? 0) / 1000;
  return {
    calls: sums.get(`${action} calls`) ?? 0,
    gbSeconds: seconds * (actions[action].memoryMb / 1024),
  };
}

function add(sum: LambdaUse, { calls, gbSeconds }: LambdaUse, factor: number): void {
  sum.calls += calls * factor;
  sum.gbSeconds += gbSeconds * factor;
}

function priceOf({ calls, gbSeconds }: LambdaUse): number {
  return calls * prices.lambdaCall + gbSeconds * prices.lambdaGbSecond;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
