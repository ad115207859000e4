import {
  DescribeExecutionCommand,
  RedriveExecutionCommand,
  SFNClient,
  SFNServiceException,
} from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { handleFailure } from "../../../lambdas/healing/failure.js";
import type { redriveFailedRuns } from "../../../lambdas/healing/redrive.js";
import type { LocalDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { FakeCoder } from "../../../local/fake-coder/fake-coder.js";
import { mockClient } from "../../mock-client.js";
import { startTable } from "../table.js";

const realNow = Date.now;
let passedMs = 0;
let dynamoDb: LocalDynamoDb;
const coder = new FakeCoder();
const stepFunctions = mockClient(SFNClient);
let handle: typeof handleFailure;
let redrive: typeof redriveFailedRuns;
let lastRun = 0;

beforeAll(async () => {
  Date.now = () => realNow() + passedMs;
  dynamoDb = await startTable("runs");
  Object.assign(process.env, {
    CODER_URL: await coder.listen(),
    GITHUB_APP_SECRET_ARN: "app",
    POWERTOOLS_METRICS_NAMESPACE: "test",
    POWERTOOLS_LOG_LEVEL: "SILENT",
  });
  ({ handleFailure: handle } = await import("../../../lambdas/healing/failure.js"));
  ({ redriveFailedRuns: redrive } = await import("../../../lambdas/healing/redrive.js"));
});
beforeEach(async () => {
  stepFunctions.reset();
  stepFunctions.on(RedriveExecutionCommand).resolves({});
  coder.http.faults.clear();
  lastRun += 1;
});
afterAll(async () => {
  Date.now = realNow;
  await coder.close();
  await dynamoDb.close();
});

const pass = (minutes: number) => {
  passedMs += minutes * 60_000;
};
const arn = () => `arn:aws:states:us-east-1:000000000000:execution:create-task:run-${lastRun}`;

/** A failure without the execution's input, so that it is not reported on an issue. */
function fail(error: string, redriveCount = 0, message = "Coder answered 502 to POST /x."): Promise<void> {
  stepFunctions.on(DescribeExecutionCommand).resolves({ redriveCount });
  const records = { get: async () => undefined, update: async () => undefined };
  const cause = JSON.stringify({ errorMessage: message });
  const failed = {
    executionArn: arn(),
    name: `run-${lastRun}`,
    status: "FAILED",
    error,
    cause,
    redriveCount,
  };
  return handle(records, failed, undefined);
}

/** Calls the Lambda every five minutes. Returns after how many minutes the run was redriven. */
async function minutesUntilRedriven(): Promise<number | undefined> {
  for (let minutes = 5; minutes <= 120; minutes += 5) {
    pass(5);
    if ((await redrive({ early: false })).redriven > 0) return minutes;
  }
  return undefined;
}

test("a run is redriven at most three times, with growing gaps", async () => {
  const minutes: (number | undefined)[] = [];
  for (let redrives = 0; redrives <= 3; redrives += 1) {
    await fail("TransientError", redrives);
    minutes.push(await minutesUntilRedriven());
  }
  expect(minutes).toEqual([5, 20, 60, undefined]);
  const redriven = stepFunctions.commandCalls(RedriveExecutionCommand).map(({ args: [{ input }] }) => input);
  expect(redriven).toEqual([1, 2, 3].map(() => ({ executionArn: arn() })));
});

test.each(["CoderForbiddenError", "TaskBrokenError", "ConfigurationError", "TypeError"])(
  "a run that failed with a %s is not redriven",
  async (error) => {
    await fail(error);
    expect(await minutesUntilRedriven()).toBeUndefined();
  },
);

test("a run waits until its service answers, and no redrive is spent before that", async () => {
  coder.http.fail({ status: 503, times: Number.POSITIVE_INFINITY });
  await fail("TransientError");
  pass(24 * 60);
  expect(await redrive({ early: false })).toEqual({ redriven: 0, waiting: 1 });
  coder.http.faults.clear();
  expect(await redrive({ early: false })).toEqual({ redriven: 1, waiting: 0 });
});

test("a run that failed because of AWS needs no other service to answer", async () => {
  coder.http.fail({ status: 503, times: Number.POSITIVE_INFINITY });
  await fail("TransientError", 0, "DynamoDB could not perform GetItem: 503. It is retried.");
  expect(await redrive({ early: true })).toEqual({ redriven: 1, waiting: 0 });
});

test("a run waits until AWS answers, and leaves no dead letter before that", async () => {
  await fail("TransientError");
  dynamoDb.faults.add({ status: 500, times: Number.POSITIVE_INFINITY });
  expect(await redrive({ early: true })).toEqual({ redriven: 0, waiting: 0 });
  dynamoDb.faults.clear();
  const failure = { name: "InternalError", $fault: "server", message: "" } as const;
  stepFunctions
    .on(RedriveExecutionCommand)
    .rejects(new SFNServiceException({ ...failure, $metadata: { httpStatusCode: 500 } }));
  expect(await redrive({ early: true })).toEqual({ redriven: 0, waiting: 1 });
  stepFunctions.on(RedriveExecutionCommand).resolves({});
  expect(await redrive({ early: true })).toEqual({ redriven: 1, waiting: 0 });
});

test("a run that somebody else redrove is dropped", async () => {
  const refusal = {
    name: "ExecutionNotRedrivable",
    $fault: "client",
    message: "Execution is RUNNING",
  } as const;
  stepFunctions
    .on(RedriveExecutionCommand)
    .rejects(new SFNServiceException({ ...refusal, $metadata: { httpStatusCode: 400 } }));
  await fail("TransientError");
  expect(await redrive({ early: true })).toEqual({ redriven: 0, waiting: 0 });
  expect(await redrive({ early: true })).toEqual({ redriven: 0, waiting: 0 });
  expect(stepFunctions.commandCalls(RedriveExecutionCommand)).toHaveLength(1);
});

test("a run that fails again while it is being redriven is kept for the next redrive", async () => {
  stepFunctions.on(RedriveExecutionCommand).callsFake(async () => {
    await fail("TransientError", 1);
    return {};
  });
  await fail("TransientError");
  expect(await redrive({ early: true })).toMatchObject({ redriven: 1 });
  stepFunctions.on(RedriveExecutionCommand).resolves({});
  expect(await redrive({ early: true })).toEqual({ redriven: 1, waiting: 0 });
});
