import { type ActionName, actions } from "../infra/definition/actions.js";
import type { ExecutionDescription } from "../local/engine/execution-description.js";
import type { HistoryEvent } from "../local/engine/history.js";

/** USD, list prices of us-east-1, without free tiers. https://aws.amazon.com/pricing/ */
const usd = {
  /** Step Functions, Standard. */
  transition: 0.025 / 1000,
  lambdaRequest: 0.2 / 1e6,
  /** Lambda on Arm. */
  gigabyteSecond: 0.0000133334,
  /** DynamoDB, on demand. */
  readUnit: 0.125 / 1e6,
  writeUnit: 0.625 / 1e6,
  /** API Gateway, HTTP API. */
  httpRequest: 1 / 1e6,
  /** CloudWatch Logs, standard class. */
  logByte: 0.5 / 1024 ** 3,
  /** X-Ray. */
  trace: 5 / 1e6,
};

/** Bytes of AWS's own log lines: START, END and REPORT of an invocation, an event of a history, a request. */
const loggedBytes = { invocation: 450, historyEvent: 400, httpRequest: 400 };

/** The counts that AWS charges for. */
export interface Usage {
  executions: readonly ExecutionDescription[];
  histories: readonly (readonly HistoryEvent[])[];
  /** The duration of each delivery, in milliseconds. */
  deliveries: readonly number[];
  readUnits: number;
  writeUnits: number;
  /** Bytes of the Lambdas' own log lines. */
  logBytes: number;
}

/** US cents by service. */
export function priceOf({ executions, histories, deliveries, ...used }: Usage): Record<string, number> {
  const invocations = [
    ...histories.flatMap(invocationsIn),
    ...deliveries.map((ms) => ({ action: "webhook" as const, ms })),
  ];
  const gigabyteSeconds = sum(
    invocations.map(({ action, ms }) => (actions[action].memoryMb / 1024) * (ms / 1000)),
  );
  const logBytes =
    used.logBytes +
    invocations.length * loggedBytes.invocation +
    histories.flat().length * loggedBytes.historyEvent +
    deliveries.length * loggedBytes.httpRequest;
  const cents = {
    "Step Functions": sum(executions.map(({ stateTransitions }) => stateTransitions)) * usd.transition,
    Lambda: invocations.length * usd.lambdaRequest + gigabyteSeconds * usd.gigabyteSecond,
    DynamoDB: used.readUnits * usd.readUnit + used.writeUnits * usd.writeUnit,
    "API Gateway": deliveries.length * usd.httpRequest,
    Logs: logBytes * usd.logByte,
    "X-Ray": (executions.length + deliveries.length) * usd.trace,
  };
  return Object.fromEntries(Object.entries(cents).map(([service, price]) => [service, 100 * price]));
}

/** The Lambdas that an execution has invoked, and how many milliseconds each took. */
function invocationsIn(history: readonly HistoryEvent[]): { action: ActionName; ms: number }[] {
  return history.flatMap(({ taskScheduledEventDetails, timestamp }, i) => {
    if (!taskScheduledEventDetails) return [];
    const { FunctionName } = JSON.parse(taskScheduledEventDetails.parameters) as { FunctionName: string };
    const end = history.slice(i + 1).find(({ type }) => /^Task(Succeeded|Failed|TimedOut)$/.test(type));
    const ms = (end?.timestamp.getTime() ?? timestamp.getTime()) - timestamp.getTime();
    return [{ action: FunctionName.slice(FunctionName.lastIndexOf(":") + 1) as ActionName, ms }];
  });
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
