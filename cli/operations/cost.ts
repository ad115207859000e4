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

/** What a flow has cost: its transitions, and its share of the Lambdas that it calls. */
export interface FlowCost {
  flow: FlowName;
  runs: number;
  transitions: number;
  lambda: LambdaUse;
  usd: number;
  /** The history of each run was counted; otherwise those of the newest runs stand for all. */
  isMeasured: boolean;
}

export interface Cost {
  since: Date;
  flows: FlowCost[];
  /** Lambdas that no flow has called: webhook and those that schedules call. Measured. */
  other: LambdaUse & { usd: number };
  /** Measured. */
  table: { reads: number; writes: number; usd: number };
  usd: number;
}

/**
 * What the relay has cost since a time: the greater part of the bill. CloudWatch measures the Lambdas' calls and times, and
 * what the table has consumed. It counts transitions only for a whole account, as a rate, so those of a flow, and which
 * Lambdas it calls, are in the histories of its runs.
 */
export async function costSince(deployment: Deployment, since: Date): Promise<Cost> {
  const sums = await metricSums(deployment, since);
  const usages = new Map<FlowName, FlowUsage>();
  // One after the other: each reads its histories in parallel.
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

/** Divides what CloudWatch has measured of each Lambda among the flows, by how often each has called it. */
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
