import { readFileSync } from "node:fs";
import type { FlowName } from "./actions.js";

/** A retrier of the Amazon States Language. */
export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  MaxAttempts?: number;
  JitterStrategy?: "FULL" | "NONE";
}

/** `statemachines/retry-policies.json`, by name. */
export type RetryPolicies = Readonly<Record<string, Retrier>>;

/**
 * Policies that not every Lambda has: a task asks for one with a retrier that says no more than its errors. The others
 * are for every task that invokes a Lambda.
 */
const askedFor = ["busy"];

interface SourceState {
  Resource?: string;
  Retry?: Retrier[];
  Branches?: SourceMachine[];
  ItemProcessor?: SourceMachine;
}

interface SourceMachine {
  States: Record<string, SourceState>;
}

const folder = new URL("../statemachines/", import.meta.url);
const invokesLambda = "arn:aws:states:::lambda:invoke";

export const retryPolicies = JSON.parse(
  readFileSync(new URL("retry-policies.json", folder), "utf8"),
) as RetryPolicies;

/** The definition of a flow: `statemachines/<name>.asl.json` with its retry policies, placeholders and all. */
export function readFlow(name: FlowName): string {
  return addRetryPolicies(readFileSync(new URL(`${name}.asl.json`, folder), "utf8"), retryPolicies);
}

/**
 * Adds the retry policies to the source of a state machine, which states only what is special. A state's own
 * retriers go before the policies, for the first one that fits an error is the one that counts.
 */
export function addRetryPolicies(source: string, policies: RetryPolicies): string {
  const machine = JSON.parse(source) as SourceMachine;
  addToStates(machine, policies);
  return JSON.stringify(machine, undefined, 2);
}

function addToStates({ States }: SourceMachine, policies: RetryPolicies): void {
  for (const state of Object.values(States)) {
    if (state.Resource === invokesLambda) state.Retry = retriers(state.Retry ?? [], policies);
    for (const inner of [...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])]) {
      addToStates(inner, policies);
    }
  }
}

function retriers(own: readonly Retrier[], policies: RetryPolicies): Retrier[] {
  const isAsked = (policy: Retrier) => own.some((retrier) => standsFor(retrier, policy));
  const isPolicy = (retrier: Retrier) => Object.values(policies).some((policy) => standsFor(retrier, policy));
  return [
    ...own.filter((retrier) => !isPolicy(retrier)),
    ...Object.entries(policies).flatMap(([name, policy]) =>
      !askedFor.includes(name) || isAsked(policy) ? [policy] : [],
    ),
  ];
}

function standsFor(retrier: Retrier, { ErrorEquals }: Retrier): boolean {
  return JSON.stringify(retrier) === JSON.stringify({ ErrorEquals });
}
