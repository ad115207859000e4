import { randomUUID } from "node:crypto";
import { z } from "zod";
import {
  checkArn,
  diagnose,
  type Engine,
  EngineError,
  type ExecutionDescription,
  exceedsPayloadLimit,
  maxPayloadBytes,
} from "../../engine/index.js";
import { AwsError, epochSeconds, serveAwsJson } from "../protocol/aws-json.js";
import { Endpoint } from "../protocol/endpoint.js";
import { page } from "../protocol/page.js";
import { type Credentials, exampleCredentials } from "../protocol/signature.js";
import {
  describeExecution,
  describeMachine,
  historyEvent,
  listExecution,
  listMachine,
  machineConfiguration,
} from "./json.js";

/** The API documents 0 as the default. */
const maxResults = (maximum: number) =>
  z
    .number()
    .int()
    .min(0)
    .max(maximum)
    .default(0)
    .transform((size) => size || 100);
const pageInput = { maxResults: maxResults(1000), nextToken: z.string().min(1).max(3096).optional() };
const Arn = z.string().min(1).max(256);
const includedData = z.enum(["ALL_DATA", "METADATA_ONLY"]).optional();
const StartExecutionInput = z.object({
  stateMachineArn: Arn,
  name: z.string().min(1).max(80).optional(),
  input: z
    .string()
    .refine((input) => !exceedsPayloadLimit(input), {
      error: `Member must have size less than or equal to ${maxPayloadBytes} bytes in UTF-8 encoding`,
    })
    .default("{}"),
  /** For X-Ray, which doesn't exist here. */
  traceHeader: z.string().max(256).optional(),
});
const ExecutionInput = z.object({ executionArn: Arn, includedData });
const RedriveExecutionInput = z.object({
  executionArn: Arn,
  clientToken: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[!-~]+$/)
    .optional(),
});
const StopExecutionInput = z.object({
  executionArn: Arn,
  error: z.string().max(256).optional(),
  cause: z.string().max(32_768).optional(),
});
const ListExecutionsInput = z.object({
  stateMachineArn: Arn.optional(),
  mapRunArn: z.string().min(1).max(2000).optional(),
  statusFilter: z
    .enum(["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"])
    .optional(),
  redriveFilter: z.enum(["REDRIVEN", "NOT_REDRIVEN"]).optional(),
  ...pageInput,
});
const GetExecutionHistoryInput = z.object({
  executionArn: Arn,
  reverseOrder: z.boolean().default(false),
  includeExecutionData: z.boolean().default(true),
  ...pageInput,
});
const StateMachineInput = z.object({ stateMachineArn: Arn, includedData });
const ListStateMachinesInput = z.object({
  ...pageInput,
  nextToken: z.string().min(1).max(1024).optional(),
});
const ValidateInput = z.object({
  definition: z.string().min(1).max(1_048_576),
  type: z.enum(["STANDARD", "EXPRESS"]).default("STANDARD"),
  severity: z.enum(["ERROR", "WARNING"]).default("ERROR"),
  maxResults: maxResults(100),
});

/**
 * The Step Functions API over an engine: the operations that Lambdas, tests and `aws stepfunctions` use.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */
export class StepFunctions extends Endpoint {
  readonly #engine: Engine;

  /** @param credentials requests that are not signed with them are refused. */
  constructor(engine: Engine, credentials: Credentials = exampleCredentials) {
    super();
    this.#engine = engine;
    serveAwsJson(this.server, {
      target: "AWSStepFunctions",
      version: "1.0",
      signingName: "states",
      credentials,
      errorNamespace: "com.amazonaws.swf.service.v2.model",
      isRefusal: (error): error is EngineError => error instanceof EngineError,
      operations: {
        StartExecution: (input) => this.#startExecution(StartExecutionInput.parse(input)),
        StopExecution: (input) => this.#stopExecution(StopExecutionInput.parse(input)),
        RedriveExecution: (input) => {
          const { executionArn, clientToken } = RedriveExecutionInput.parse(input);
          return { redriveDate: epochSeconds(engine.redrive(executionArn, clientToken).redriveDate) };
        },
        DescribeExecution: (input) => {
          return describeExecution(engine.describe(ExecutionInput.parse(input).executionArn));
        },
        ListExecutions: (input) => this.#listExecutions(ListExecutionsInput.parse(input)),
        GetExecutionHistory: (input) => this.#getHistory(GetExecutionHistoryInput.parse(input)),
        DescribeStateMachine: (input) => {
          return describeMachine(engine.machine(StateMachineInput.parse(input).stateMachineArn));
        },
        DescribeStateMachineForExecution: (input) => {
          const machine = engine.machineOf(ExecutionInput.parse(input).executionArn);
          const { arn, name, created } = machine;
          return {
            stateMachineArn: arn,
            name,
            updateDate: epochSeconds(created),
            ...machineConfiguration(machine),
          };
        },
        ListStateMachines: (input) => {
          const { maxResults: size, nextToken: token } = ListStateMachinesInput.parse(input);
          const { items, next } = page(engine.machines(), ({ arn }) => arn, { size, token });
          return { stateMachines: items.map(listMachine), ...(next && { nextToken: next }) };
        },
        ValidateStateMachineDefinition: (input) => {
          const { definition, maxResults: size } = ValidateInput.parse(input);
          const faults = diagnose(definition);
          const result = faults.length === 0 ? "OK" : "FAIL";
          return { result, diagnostics: faults.slice(0, size), truncated: faults.length > size };
        },
      },
    });
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
    const { stateMachineArn, mapRunArn, statusFilter, redriveFilter, maxResults: size } = input;
    if ((stateMachineArn === undefined) === (mapRunArn === undefined)) {
      throw new AwsError("ValidationException", "Expected either a stateMachineArn or a mapRunArn.");
    }
    if (mapRunArn !== undefined) {
      checkArn(mapRunArn, "mapRun");
      throw new AwsError("ResourceNotFound", `Resource not found: '${mapRunArn}'`);
    }
    if (statusFilter === "PENDING_REDRIVE") {
      throw new AwsError("ValidationException", "A PENDING_REDRIVE statusFilter needs a mapRunArn.");
    }
    this.#engine.machine(stateMachineArn ?? "");
    const all = this.#engine.list({ ...(stateMachineArn && { stateMachineArn }) }).sort(newestFirst);
    const fits = ({ status, redriveCount }: ExecutionDescription) =>
      (statusFilter === undefined || status === statusFilter) &&
      (redriveFilter === undefined || (redriveFilter === "REDRIVEN") === redriveCount > 0);
    const options = { size, token: input.nextToken, fits };
    const { items, next } = page(all, (execution) => execution.executionArn, options);
    return { executions: items.map(listExecution), ...(next && { nextToken: next }) };
  }

  #getHistory(input: z.infer<typeof GetExecutionHistoryInput>): object {
    const events = this.#engine.history(input.executionArn);
    const ordered = input.reverseOrder ? [...events].reverse() : events;
    const options = { size: input.maxResults, token: input.nextToken };
    const { items, next } = page(ordered, ({ id }) => String(id), options);
    const shown = items.map((event) => historyEvent(event, input.includeExecutionData));
    return { events: shown, ...(next && { nextToken: next }) };
  }
}

/** The API's sort key: the start or redrive of a running execution, the end of any other. */
function newestFirst(a: ExecutionDescription, b: ExecutionDescription): number {
  const time = ({ stopDate, redriveDate, startDate }: ExecutionDescription) =>
    (stopDate ?? redriveDate ?? startDate).getTime();
  return time(b) - time(a);
}
