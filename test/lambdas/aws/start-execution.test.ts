import { SFNClient, SFNServiceException, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { startExecution } from "../../../lambdas/aws/start-execution.js";
import { mockClient } from "../../mock-client.js";

const stepFunctions = mockClient(SFNClient);
let start: typeof startExecution;
beforeAll(async () => {
  process.env.AWS_REGION = "us-east-1";
  ({ startExecution: start } = await import("../../../lambdas/aws/start-execution.js"));
});
beforeEach(() => void stepFunctions.reset());

const startIt = () => start("arn:machine", "name", { event: 1 });
const refused = (httpStatusCode: number, name: string) =>
  new SFNServiceException({ name, $fault: "server", message: "what it says", $metadata: { httpStatusCode } });
const startedAt = (ms: number) =>
  stepFunctions.on(StartExecutionCommand).resolves({ executionArn: "arn", startDate: new Date(ms) });

describe("an execution", () => {
  test("is started under its name with its input as JSON", async () => {
    startedAt(Date.now() + 60_000);
    expect(await startIt()).toBe("started");
    expect(stepFunctions.commandCalls(StartExecutionCommand).map(({ args: [{ input }] }) => input)).toEqual([
      { stateMachineArn: "arn:machine", name: "name", input: '{"event":1}' },
    ]);
  });

  test("belongs to the trace of the Lambda that starts it", async () => {
    startedAt(Date.now() + 60_000);
    const traceHeader = "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1";
    process.env._X_AMZN_TRACE_ID = traceHeader;
    await startIt();
    delete process.env._X_AMZN_TRACE_ID;
    const [call] = stepFunctions.commandCalls(StartExecutionCommand);
    expect(call?.args[0].input).toMatchObject({ traceHeader });
  });

  test("is reported as running if it was started before this request", async () => {
    startedAt(Date.now() - 60_000);
    expect(await startIt()).toBe("running");
  });

  test("is reported as closed if its name is taken", async () => {
    stepFunctions.rejects(refused(400, "ExecutionAlreadyExists"));
    expect(await startIt()).toBe("closed");
  });
});

const socket = (code: string) => Object.assign(new Error(`read ${code}`), { code });
test.each([
  ["too many executions", refused(400, "ExecutionLimitExceeded"), "400 ExecutionLimitExceeded"],
  ["a throttle", refused(400, "ThrottlingException"), "400 ThrottlingException"],
  ["a 429", refused(429, "TooManyRequestsException"), "429 TooManyRequestsException"],
  ["a 500", refused(500, "InternalServerError"), "500 InternalServerError"],
  // By its name alone it would count as a duplicate, and the execution would be lost.
  ["a 5xx under an odd name", refused(503, "ExecutionAlreadyExists"), "503 ExecutionAlreadyExists"],
  ["a socket that is reset", socket("ECONNRESET"), "ECONNRESET"],
  ["a pipe that breaks", socket("EPIPE"), "EPIPE"],
  ["no answer in time", Object.assign(new Error("timed out"), { name: "TimeoutError" }), "TimeoutError"],
])("%s is a TransientError that names the cause", async (_, error, reason) => {
  stepFunctions.rejects(error);
  const message = `Step Functions could not perform StartExecution (name): ${reason}. It is retried.`;
  await expect(startIt()).rejects.toMatchObject({ name: "TransientError", message });
});

test.each(["StateMachineDoesNotExist", "StateMachineDeleting", "InvalidName", "InvalidExecutionInput"])(
  "a refusal keeps its name: %s",
  async (name) => {
    stepFunctions.rejects(refused(400, name));
    await expect(startIt()).rejects.toMatchObject({ name });
  },
);
