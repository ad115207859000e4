import { readFileSync } from "node:fs";
import type { FlowName } from "./action-spec.js";

/** A retrier of the Amazon States Language. */
export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  MaxAttempts?: number;
  JitterStrategy?: "FULL" | "NONE";
}

/** A retrier that many states share. */
export interface RetryPolicy extends Retrier {
  /** Its purpose, and the total time of its waits. Removed from the state machines. */
  Comment: string;
}

/** `statemachines/retry-policies.json`: the policies by name. */
export interface RetryPolicies {
  /** For every task that invokes a Lambda. */
  everyLambda: Readonly<Record<string, RetryPolicy>>;
  /** For tasks that request them with a retrier that contains only the policy's `ErrorEquals`. */
  onRequest: Readonly<Record<string, RetryPolicy>>;
}

interface SourceState {
  Resource?: string;
  Parameters?: { Payload?: Record<string, unknown> };
  Retry?: Retrier[];
  Branches?: SourceMachine[];
  ItemProcessor?: SourceMachine;
}

interface SourceMachine {
  States: Record<string, SourceState>;
}

const folder = new URL("../../statemachines/", import.meta.url);
const invokesLambda = "arn:aws:states:::lambda:invoke";

export const retryPolicies = JSON.parse(
  readFileSync(new URL("retry-policies.json", folder), "utf8"),
) as RetryPolicies;

/** The minimum of each wait of a policy, in seconds. With full jitter, that may be none at all. */
export function waitsOf({ IntervalSeconds = 1, BackoffRate = 2, ...retrier }: Retrier): number[] {
  const { MaxDelaySeconds = Number.POSITIVE_INFINITY, MaxAttempts = 3, JitterStrategy } = retrier;
  return Array.from({ length: MaxAttempts }, (_, i) =>
    JitterStrategy === "FULL" ? 0 : Math.min(IntervalSeconds * BackoffRate ** i, MaxDelaySeconds),
  );
}

/** Each wait of a drain for an agent that never stops working, in seconds. */
export function busyWaits({ onRequest: { agentBusy, agentStillBusy } }: RetryPolicies): number[] {
  return [agentBusy, agentStillBusy].flatMap((policy) => (policy ? waitsOf(policy) : []));
}

/**
 * The definition of a flow: `statemachines/<name>.asl.json` with its retry policies. Adds the context for log lines to
 * each Lambda's input. Keeps the placeholders.
 */
export function readFlow(name: FlowName): string {
  const source = readFileSync(new URL(`${name}.asl.json`, folder), "utf8");
  return addLogContext(addRetryPolicies(source, retryPolicies));
}

/**
 * Adds `execution`, the execution's ARN, and the event, if the flow has one, to the payload of every task that invokes a
 * Lambda. The Lambdas' log lines contain both (`lambdas/runtime/log-context.ts`).
 */
export function addLogContext(source: string): string {
  const machine = JSON.parse(source) as SourceMachine;
  const payloads = lambdaTasks(machine)
    .map(({ Parameters }) => Parameters?.Payload)
    .filter((payload) => payload !== undefined);
  const hasEvent = payloads.some((payload) => payload["event.$"] === "$.event");
  for (const payload of payloads) {
    payload["execution.$"] = "$$.Execution.Id";
    // Don't add it twice: an event may take more than half of a payload's limit.
    if (hasEvent && payload["state.$"] !== "$") payload["event.$"] ??= "$.event";
  }
  return JSON.stringify(machine, undefined, 2);
}

/**
 * Adds the shared retry policies to a state machine's source, which contains only the special ones. A state's own
 * retriers go first, because Step Functions uses the first one that matches the error.
 */
export function addRetryPolicies(source: string, policies: RetryPolicies): string {
  const machine = JSON.parse(source) as SourceMachine;
  for (const state of lambdaTasks(machine)) state.Retry = retriers(state.Retry ?? [], policies);
  return JSON.stringify(machine, undefined, 2);
}

/** The tasks that invoke a Lambda, including those inside a Map or Parallel state. */
function lambdaTasks({ States }: SourceMachine): SourceState[] {
  return Object.values(States).flatMap((state) => [
    ...(state.Resource === invokesLambda ? [state] : []),
    ...[...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])].flatMap(
      lambdaTasks,
    ),
  ]);
}

function retriers(own: readonly Retrier[], { everyLambda, onRequest }: RetryPolicies): Retrier[] {
  const requested = Object.values(onRequest).filter((policy) =>
    own.some((retrier) => isRequest(retrier, policy)),
  );
  return [
    ...own.filter((retrier) => !requested.some((policy) => isRequest(retrier, policy))),
    ...[...Object.values(everyLambda), ...requested].map(({ Comment: _, ...retrier }) => retrier),
  ];
}

function isRequest(retrier: Retrier, { ErrorEquals }: RetryPolicy): boolean {
  return JSON.stringify(retrier) === JSON.stringify({ ErrorEquals });
}
