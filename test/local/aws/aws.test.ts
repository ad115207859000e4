import { DynamoDBClient, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListActivitiesCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  ValidateStateMachineDefinitionCommand,
} from "@aws-sdk/client-sfn";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type LocalDynamoDb, startDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { StepFunctions } from "../../../local/aws/step-functions/step-functions.js";
import { Engine } from "../../../local/engine/index.js";

const client = {
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
  maxAttempts: 1,
};

describe("Step Functions", () => {
  const stateMachineArn = "arn:aws:states:us-east-1:000000000000:stateMachine:flow";
  const executionArn = (name: string) => `arn:aws:states:us-east-1:000000000000:execution:flow:${name}`;
  const mapRunArn = "arn:aws:states:us-east-1:000000000000:mapRun:flow/each:f6f1c3a4";
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
    engine.addMachine(stateMachineArn, JSON.stringify({ StartAt: "Ask", States: states }), {
      isThorough: false,
    });
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

  test("the name is optional", async () => {
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
    [
      "ExecutionDoesNotExist",
      () => sfn.send(new DescribeExecutionCommand({ executionArn: executionArn("never") })),
    ],
    [
      "ExecutionNotRedrivable",
      async () => sfn.send(new RedriveExecutionCommand({ executionArn: await run("done") })),
    ],
    [
      "InvalidToken",
      () => sfn.send(new ListExecutionsCommand({ stateMachineArn, nextToken: "never given" })),
    ],
    ["ValidationException", () => sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1001 }))],
    ["ValidationException", () => start("a".repeat(81))],
    ["ValidationException", () => start("large", JSON.stringify("a".repeat(262_143)))],
    ["ValidationException", () => sfn.send(new ListExecutionsCommand({}))],
    [
      "ValidationException",
      () => sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: "PENDING_REDRIVE" })),
    ],
    ["ResourceNotFound", () => sfn.send(new ListExecutionsCommand({ mapRunArn }))],
    ["UnknownOperationException", () => sfn.send(new ListActivitiesCommand({}))],
  ])("%s is thrown under its name", async (name, act) => {
    await run("taken");
    await expect(act()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });

  test.each([
    ["text that is no ARN", "flow", "Invalid Arn: 'Invalid ARN prefix: flow'"],
    [
      "the ARN of something else",
      executionArn("a"),
      "Invalid Arn: 'Resource type not valid in this context: execution'",
    ],
    ["the ARN of another service", "arn:aws:sns:us-east-1:000000000000:topic", /^Invalid Arn: 'arn:aws:sns/],
    ["an ARN without an account", "arn:aws:states:us-east-1::stateMachine:flow", /^Invalid Arn: 'arn:aws/],
  ])("%s is an InvalidArn for every operation on a state machine", async (_what, arn, message) => {
    const refused = {
      name: "InvalidArn",
      message: typeof message === "string" ? message : expect.stringMatching(message),
    };
    for (const command of [
      new StartExecutionCommand({ stateMachineArn: arn }),
      new DescribeStateMachineCommand({ stateMachineArn: arn }),
      new ListExecutionsCommand({ stateMachineArn: arn }),
    ]) {
      await expect(sfn.send(command as StartExecutionCommand)).rejects.toMatchObject(refused);
    }
  });

  test("the ARN of a state machine is an InvalidArn for every operation on an execution", async () => {
    const input = { executionArn: stateMachineArn };
    for (const command of [
      new DescribeExecutionCommand(input),
      new DescribeStateMachineForExecutionCommand(input),
      new GetExecutionHistoryCommand(input),
      new StopExecutionCommand(input),
      new RedriveExecutionCommand(input),
    ]) {
      await expect(sfn.send(command as DescribeExecutionCommand)).rejects.toMatchObject({
        name: "InvalidArn",
        message: "Invalid Arn: 'Resource type not valid in this context: stateMachine'",
      });
    }
  });

  test("a violated constraint and a wrong type are reported in AWS's words", async () => {
    await expect(
      sfn.send(
        new ListExecutionsCommand({ stateMachineArn, maxResults: 1001, redriveFilter: "NO" as never }),
      ),
    ).rejects.toMatchObject({
      name: "ValidationException",
      message:
        "2 validation errors detected: Value 'NO' at 'redriveFilter' failed to satisfy constraint: Member must satisfy enum value set: [REDRIVEN, NOT_REDRIVEN]; Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
    });
    await expect(sfn.send(new DescribeExecutionCommand({} as never))).rejects.toMatchObject({
      message:
        "1 validation error detected: Value null at 'executionArn' failed to satisfy constraint: Member must not be null",
    });
    await expect(
      sfn.send(new StartExecutionCommand({ stateMachineArn, input: {} as never })),
    ).rejects.toMatchObject({ name: "SerializationException" });
  });

  test("a redrive that is repeated with its client token gets the same answer; a new one is refused", async () => {
    invoke = () => new Promise(() => {});
    const { executionArn } = await start("a");
    await sfn.send(new StopExecutionCommand({ executionArn }));
    const redrive = (clientToken: string) =>
      sfn.send(new RedriveExecutionCommand({ executionArn, clientToken }));
    const { redriveDate } = await redrive("one");
    expect((await redrive("one")).redriveDate).toEqual(redriveDate);
    await expect(redrive("two")).rejects.toMatchObject({ name: "ExecutionNotRedrivable" });
    expect(engine.describe(executionArn ?? "").redriveCount).toBe(1);
    await expect(redrive("two words")).rejects.toMatchObject({ name: "ValidationException" });
  });

  test("executions can be filtered by whether they were redriven", async () => {
    invoke = async () => {
      throw new Error("no");
    };
    for (const name of ["a", "b"]) await run(name);
    await sfn.send(new RedriveExecutionCommand({ executionArn: executionArn("a") }));
    await engine.finished(executionArn("a"));
    const listed = async (redriveFilter?: "REDRIVEN" | "NOT_REDRIVEN") => {
      const list = await sfn.send(new ListExecutionsCommand({ stateMachineArn, redriveFilter }));
      return list.executions?.map(({ name, redriveCount }) => `${name} ${redriveCount}`);
    };
    // The execution that ended last is listed first.
    expect(await listed()).toEqual(["a 1", "b 0"]);
    expect(await listed("REDRIVEN")).toEqual(["a 1"]);
    expect(await listed("NOT_REDRIVEN")).toEqual(["b 0"]);
  });

  test("an execution keeps the state machine that it was started with", async () => {
    const executionArn = await run("a");
    const changed = { StartAt: "Done", States: { Done: { Type: "Succeed" } } };
    engine.addMachine(stateMachineArn, JSON.stringify(changed), { isThorough: false });
    const old = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(old).toMatchObject({ stateMachineArn, name: "flow", updateDate: expect.any(Date) });
    expect(JSON.parse(old.definition ?? "")).toEqual({ StartAt: "Ask", States: states });
    const { definition } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(JSON.parse(definition ?? "")).toEqual(changed);
  });

  describe("a definition is validated", () => {
    const validate = (definition: unknown, maxResults?: number) =>
      sfn.send(
        new ValidateStateMachineDefinitionCommand({
          definition: typeof definition === "string" ? definition : JSON.stringify(definition),
          maxResults,
        }),
      );
    const end = { Type: "Pass", End: true };

    test("against the language, even if the engine cannot run it", async () => {
      const inner = { StartAt: "B", States: { B: end } };
      const each = { Type: "Map", ItemProcessor: inner, End: true };
      for (const state of [end, each]) {
        expect(await validate({ StartAt: "A", States: { A: state } })).toMatchObject({
          result: "OK",
          diagnostics: [],
          truncated: false,
        });
      }
    });

    test.each([
      ["text that isn't JSON", "nope", { code: "INVALID_JSON_DESCRIPTION" }],
      [
        "JSON that isn't an object",
        '"text"',
        { code: "SCHEMA_VALIDATION_FAILED", message: "Definition must be a valid JSON object" },
      ],
      [
        "an empty object",
        "{}",
        {
          code: "SCHEMA_VALIDATION_FAILED",
          location: "/",
          message: "These fields are required: [States, StartAt]",
        },
      ],
      [
        "an unknown state type",
        { StartAt: "A", States: { A: { Type: "Jump", End: true } } },
        { code: "SCHEMA_VALIDATION_FAILED", location: "/States/A/Type" },
      ],
      [
        "a missing state",
        { StartAt: "A", States: { A: { Type: "Pass", Next: "B" } } },
        { code: "MISSING_TRANSITION_TARGET" },
      ],
    ])("with diagnostics for %s", async (_what, definition, diagnostic) => {
      const { result, diagnostics = [] } = await validate(definition);
      expect(result).toBe("FAIL");
      expect(diagnostics).toContainEqual(expect.objectContaining({ severity: "ERROR", ...diagnostic }));
    });

    test("with at most the requested number of diagnostics", async () => {
      const many = { StartAt: "A", States: { A: { Type: "Pass", Next: "B" } } };
      expect((await validate(many)).truncated).toBe(false);
      const first = await validate(many, 1);
      expect([first.diagnostics?.length, first.truncated]).toEqual([1, true]);
    });
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
      // An execution that starts in the meantime does not move others to another page.
      if (seen.length === 1) await run("f");
    } while (nextToken);
    expect(seen).toEqual([
      ["e", "d"],
      ["b", "a"],
    ]);
  });

  test("a history can be read in pages, in reverse, and without data", async () => {
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

  test("an unknown operation is refused by name", async () => {
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

describe("DynamoDB", () => {
  let database: LocalDynamoDb;
  let dynamo: DynamoDBClient;
  beforeAll(async () => {
    database = await startDynamoDb("relay");
    dynamo = new DynamoDBClient({ ...client, endpoint: database.url });
  });
  afterAll(async () => {
    // Closing doesn't wait for the client's connection, which is still open.
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
