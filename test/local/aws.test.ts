import { DynamoDBClient, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type LocalDynamoDb, startDynamoDb } from "../../local/aws/dynamodb.js";
import { SecretsManager } from "../../local/aws/secrets-manager.js";
import { StepFunctions } from "../../local/aws/step-functions.js";
import { Engine } from "../../local/engine/index.js";

const client = {
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
  maxAttempts: 1,
};

describe("Step Functions", () => {
  const stateMachineArn = "arn:aws:states:us-east-1:000000000000:stateMachine:flow";
  const states = {
    Ask: {
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke",
      Parameters: { FunctionName: "f", "Payload.$": "$" },
      OutputPath: "$.Payload",
      End: true,
    },
  };
  let invoke: (name: string, payload: unknown) => Promise<unknown>;
  let engine: Engine;
  let endpoint: StepFunctions;
  let sfn: SFNClient;

  beforeEach(async () => {
    invoke = async () => ({ done: true });
    engine = new Engine({ invoke: (name, payload) => invoke(name, payload), timeScale: 0 });
    engine.addMachine(stateMachineArn, JSON.stringify({ StartAt: "Ask", States: states }));
    endpoint = new StepFunctions(engine);
    sfn = new SFNClient({ ...client, endpoint: await endpoint.listen() });
  });

  afterEach(async () => {
    sfn.destroy();
    engine.close();
    await endpoint.close();
  });

  const start = (name: string, input = "{}") =>
    sfn.send(new StartExecutionCommand({ stateMachineArn, name, input }));

  /** Starts an execution and waits for its end. */
  async function run(name: string): Promise<string> {
    const { executionArn = "" } = await start(name);
    await engine.finished(executionArn);
    return executionArn;
  }

  test("an execution is started, described and read", async () => {
    const before = Date.now();
    const started = await start("a", '{"n":1}');
    expect(started.startDate?.getTime()).toBeGreaterThanOrEqual(before);
    const executionArn = started.executionArn ?? "";
    expect(executionArn).toBe("arn:aws:states:us-east-1:000000000000:execution:flow:a");
    await engine.finished(executionArn);

    expect(await sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      executionArn,
      stateMachineArn,
      name: "a",
      status: "SUCCEEDED",
      input: '{"n":1}',
      output: '{"done":true}',
      startDate: started.startDate,
      stopDate: expect.any(Date),
      redriveStatus: "NOT_REDRIVABLE",
    });
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.at(-1)).toMatchObject({
      type: "ExecutionSucceeded",
      timestamp: expect.any(Date),
      executionSucceededEventDetails: { output: '{"done":true}' },
    });
    expect(events.find(({ type }) => type === "TaskScheduled")?.taskScheduledEventDetails).toMatchObject({
      resourceType: "lambda",
      resource: "invoke",
      region: "us-east-1",
      parameters: '{"FunctionName":"f","Payload":{"n":1}}',
    });
  });

  test("a name may be left out", async () => {
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
    expect(executionArn).toMatch(/:flow:[0-9a-f-]{36}$/);
  });

  test.each([
    ["ExecutionAlreadyExists", () => start("taken", '{"other":1}')],
    ["InvalidName", () => start("not a name")],
    ["InvalidExecutionInput", () => start("b", "{")],
    [
      "StateMachineDoesNotExist",
      () => sfn.send(new StartExecutionCommand({ stateMachineArn: `${stateMachineArn}-no` })),
    ],
    ["ExecutionDoesNotExist", () => sfn.send(new DescribeExecutionCommand({ executionArn: "no" }))],
    [
      "ExecutionNotRedrivable",
      async () => sfn.send(new RedriveExecutionCommand({ executionArn: await run("done") })),
    ],
    [
      "InvalidToken",
      () => sfn.send(new ListExecutionsCommand({ stateMachineArn, nextToken: "never given" })),
    ],
    ["ValidationException", () => sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1001 }))],
  ])("%s is thrown under its name", async (name, act) => {
    await run("taken");
    await expect(act()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });

  test("an execution is stopped and redriven", async () => {
    invoke = () => new Promise(() => {});
    const { executionArn = "" } = await start("a");
    const stopped = await sfn.send(new StopExecutionCommand({ executionArn, error: "E", cause: "C" }));
    expect(stopped.stopDate).toBeInstanceOf(Date);
    expect(await sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: "ABORTED",
      error: "E",
      cause: "C",
      redriveStatus: "REDRIVABLE",
    });

    invoke = async () => "better";
    const { redriveDate } = await sfn.send(new RedriveExecutionCommand({ executionArn }));
    expect(redriveDate).toBeInstanceOf(Date);
    await engine.finished(executionArn);
    expect(await sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: "SUCCEEDED",
      redriveCount: 1,
      redriveDate,
    });
  });

  test("executions are listed newest first, by status, page by page", async () => {
    for (const name of ["a", "b"]) await run(name);
    invoke = async () => {
      throw new Error("no");
    };
    await run("c");
    invoke = async () => 1;
    for (const name of ["d", "e"]) await run(name);

    const seen: unknown[] = [];
    let nextToken: string | undefined;
    do {
      const page = await sfn.send(
        new ListExecutionsCommand({ stateMachineArn, statusFilter: "SUCCEEDED", maxResults: 2, nextToken }),
      );
      seen.push(page.executions?.map(({ name }) => name));
      nextToken = page.nextToken;
      // What starts meanwhile moves nothing to another page.
      if (seen.length === 1) await run("f");
    } while (nextToken);
    expect(seen).toEqual([
      ["e", "d"],
      ["b", "a"],
    ]);
  });

  test("a history comes in pages, backwards, and without its data", async () => {
    const executionArn = await run("a");
    const first = await sfn.send(
      new GetExecutionHistoryCommand({
        executionArn,
        maxResults: 4,
        reverseOrder: true,
        includeExecutionData: false,
      }),
    );
    expect(first.events?.map(({ id }) => id)).toEqual([7, 6, 5, 4]);
    expect(first.events?.[1]?.stateExitedEventDetails).toEqual({ name: "Ask" });
    const { nextToken } = first;
    const second = await sfn.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 4, reverseOrder: true, nextToken }),
    );
    expect(second.events?.map(({ id }) => id)).toEqual([3, 2, 1]);
    expect(second.nextToken).toBeUndefined();
  });

  test("state machines are listed and described", async () => {
    const { stateMachines } = await sfn.send(new ListStateMachinesCommand({}));
    expect(stateMachines).toMatchObject([{ stateMachineArn, name: "flow", type: "STANDARD" }]);
    const machine = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(JSON.parse(machine.definition ?? "")).toEqual({ StartAt: "Ask", States: states });
  });

  test("an operation that is not there is refused by name", async () => {
    const reply = await fetch(endpoint.url, {
      method: "POST",
      headers: { "x-amz-target": "AWSStepFunctions.CreateActivity" },
      body: "{}",
    });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({
      __type: expect.stringMatching(/#UnknownOperationException$/),
    });
  });
});

describe("Secrets Manager", () => {
  const endpoint = new SecretsManager();
  let secrets: SecretsManagerClient;
  beforeAll(async () => {
    secrets = new SecretsManagerClient({ ...client, endpoint: await endpoint.listen() });
  });
  afterAll(async () => {
    secrets.destroy();
    await endpoint.close();
  });

  const get = (SecretId: string, VersionStage?: string) =>
    secrets.send(new GetSecretValueCommand({ SecretId, VersionStage }));

  test("a secret is read by its name and by its ARN", async () => {
    const arn = endpoint.put("relay/webhook", "one");
    expect(await get("relay/webhook")).toMatchObject({
      ARN: arn,
      Name: "relay/webhook",
      SecretString: "one",
      VersionStages: ["AWSCURRENT"],
      CreatedDate: expect.any(Date),
    });
    expect((await get(arn)).SecretString).toBe("one");
    expect((await get(arn.slice(0, -7))).SecretString).toBe("one");
  });

  test("a rotation keeps the old value as AWSPREVIOUS, and only that one", async () => {
    endpoint.put("rotated", "first");
    await expect(get("rotated", "AWSPREVIOUS")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    endpoint.put("rotated", "second");
    endpoint.put("rotated", "third");
    expect((await get("rotated")).SecretString).toBe("third");
    expect(await get("rotated", "AWSPREVIOUS")).toMatchObject({
      SecretString: "second",
      VersionStages: ["AWSPREVIOUS"],
    });
  });

  test("a secret that is not there is a ResourceNotFoundException", async () => {
    await expect(get("nothing")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("DynamoDB", () => {
  let database: LocalDynamoDb;
  let dynamo: DynamoDBClient;
  beforeAll(async () => {
    database = await startDynamoDb("relay");
    dynamo = new DynamoDBClient({ ...client, endpoint: database.url });
  });
  afterAll(async () => {
    // The client still holds its connection: closing does not wait for it.
    await database.close();
    dynamo.destroy();
  });

  test("has a table with the keys pk and sk", async () => {
    const put = (sk: string) =>
      dynamo.send(
        new PutItemCommand({
          TableName: "relay",
          Item: { pk: { S: "task" }, sk: { S: sk } },
          ConditionExpression: "attribute_not_exists(pk)",
        }),
      );
    await put("b");
    await put("a");
    await expect(put("a")).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
    const { Items } = await dynamo.send(
      new QueryCommand({
        TableName: "relay",
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: "task" } },
      }),
    );
    expect(Items?.map(({ sk }) => sk?.S)).toEqual(["a", "b"]);
  });
});
