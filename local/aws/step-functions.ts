import { randomUUID } from "node:crypto";
import { z } from "zod";
import {
  type Engine,
  EngineError,
  type ExecutionDescription,
  type HistoryEvent,
  type MachineDescription,
} from "../engine/index.js";
import { HttpServer } from "../http-server.js";
import { epochSeconds, serveAwsJson } from "./aws-json.js";
import { page } from "./page.js";

const pageInput = {
  // 0 means the default, says the API.
  maxResults: z.number().int().min(0).max(1000).default(0),
  nextToken: z.string().optional(),
};
const StartExecutionInput = z.object({
  stateMachineArn: z.string(),
  name: z.string().optional(),
  input: z.string().default("{}"),
});
const ExecutionInput = z.object({ executionArn: z.string() });
const StopExecutionInput = ExecutionInput.extend({
  error: z.string().max(256).optional(),
  cause: z.string().max(32_768).optional(),
});
const ListExecutionsInput = z.object({
  stateMachineArn: z.string(),
  statusFilter: z.enum(["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]).optional(),
  ...pageInput,
});
const GetExecutionHistoryInput = ExecutionInput.extend({
  reverseOrder: z.boolean().default(false),
  includeExecutionData: z.boolean().default(true),
  ...pageInput,
});
const StateMachineInput = z.object({ stateMachineArn: z.string() });

const roleArn = "arn:aws:iam::000000000000:role/local";

/**
 * The Step Functions API over an engine, as far as Lambdas, tests and `aws stepfunctions` use it.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */
export class StepFunctions {
  readonly server = new HttpServer();
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
    serveAwsJson(this.server, {
      target: "AWSStepFunctions",
      version: "1.0",
      errorNamespace: "com.amazonaws.states",
      isRefusal: (error): error is EngineError => error instanceof EngineError,
      operations: {
        StartExecution: (input) => this.#startExecution(StartExecutionInput.parse(input)),
        StopExecution: (input) => this.#stopExecution(StopExecutionInput.parse(input)),
        RedriveExecution: (input) => {
          const { redriveDate } = engine.redrive(ExecutionInput.parse(input).executionArn);
          return { redriveDate: epochSeconds(redriveDate) };
        },
        DescribeExecution: (input) => {
          return describeExecution(engine.describe(ExecutionInput.parse(input).executionArn));
        },
        ListExecutions: (input) => this.#listExecutions(ListExecutionsInput.parse(input)),
        GetExecutionHistory: (input) => this.#getHistory(GetExecutionHistoryInput.parse(input)),
        DescribeStateMachine: (input) => {
          const machine = engine.machine(StateMachineInput.parse(input).stateMachineArn);
          return { ...listMachine(machine), status: "ACTIVE", definition: machine.definition, roleArn };
        },
        ListStateMachines: (input) => {
          const { maxResults, nextToken } = z.object(pageInput).parse(input);
          const { items, next } = page(engine.machines(), ({ arn }) => arn, maxResults, nextToken);
          return { stateMachines: items.map(listMachine), ...(next && { nextToken: next }) };
        },
      },
    });
  }

  /** For `AWS_ENDPOINT_URL_SFN`. */
  get url(): string {
    return this.server.url;
  }

  listen(port = 0): Promise<string> {
    return this.server.listen(port);
  }

  /** Leaves the engine as it is. */
  close(): Promise<void> {
    return this.server.close();
  }

  #startExecution({ stateMachineArn, name, input }: z.infer<typeof StartExecutionInput>): object {
    const { executionArn, startDate } = this.#engine.start(stateMachineArn, name ?? randomUUID(), input);
    return { executionArn, startDate: epochSeconds(startDate) };
  }

  #stopExecution({ executionArn, error, cause }: z.infer<typeof StopExecutionInput>): object {
    const reason = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
    return { stopDate: epochSeconds(this.#engine.stop(executionArn, reason).stopDate) };
  }

  #listExecutions(input: z.infer<typeof ListExecutionsInput>): object {
    const { stateMachineArn, statusFilter, maxResults, nextToken } = input;
    this.#engine.machine(stateMachineArn);
    const all = this.#engine.list({ stateMachineArn });
    const fits = ({ status }: ExecutionDescription) => statusFilter === undefined || status === statusFilter;
    const { items, next } = page(all, (execution) => execution.executionArn, maxResults, nextToken, fits);
    return { executions: items.map(listExecution), ...(next && { nextToken: next }) };
  }

  #getHistory(input: z.infer<typeof GetExecutionHistoryInput>): object {
    const events = this.#engine.history(input.executionArn);
    const ordered = input.reverseOrder ? [...events].reverse() : events;
    const { items, next } = page(ordered, ({ id }) => String(id), input.maxResults, input.nextToken);
    const shown = items.map((event) => historyEvent(event, input.includeExecutionData));
    return { events: shown, ...(next && { nextToken: next }) };
  }
}

function describeExecution(execution: ExecutionDescription): object {
  const { input, output, error, cause, redriveStatus, redriveStatusReason } = execution;
  const included = { included: true };
  return {
    ...listExecution(execution),
    input,
    inputDetails: included,
    ...(output !== undefined && { output, outputDetails: included }),
    error,
    cause,
    redriveStatus,
    redriveStatusReason,
  };
}

function listExecution(execution: ExecutionDescription): object {
  const { executionArn, stateMachineArn, name, status, startDate, stopDate, redriveCount, redriveDate } =
    execution;
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate: epochSeconds(startDate),
    ...(stopDate && { stopDate: epochSeconds(stopDate) }),
    redriveCount,
    ...(redriveDate && { redriveDate: epochSeconds(redriveDate) }),
  };
}

function listMachine({ arn, name, created }: MachineDescription): object {
  return { stateMachineArn: arn, name, type: "STANDARD", creationDate: epochSeconds(created) };
}

/** Inputs, outputs and parameters are what `includeExecutionData: false` leaves out. */
const executionData = new Set(["input", "output", "parameters"]);

function historyEvent(event: HistoryEvent, withData: boolean): object {
  const shown: Record<string, unknown> = { ...event, timestamp: epochSeconds(event.timestamp) };
  if (withData) return shown;
  for (const [key, details] of Object.entries(event)) {
    if (!key.endsWith("EventDetails")) continue;
    shown[key] = Object.fromEntries(Object.entries(details).filter(([field]) => !executionData.has(field)));
  }
  return shown;
}
