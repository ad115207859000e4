import { DynamoDBServiceException } from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Table } from "../../../lambdas/aws/table.js";
import { mockClient } from "../../mock-client.js";

const dynamoDb = mockClient(DynamoDBDocumentClient);
const key = { pk: "inbox#1#1", sk: "meta" };
let table: Table;

beforeAll(async () => {
  Object.assign(process.env, { AWS_REGION: "us-east-1", TABLE_NAME: "relay" });
  const { Table } = await import("../../../lambdas/aws/table.js");
  table = new Table();
});
beforeEach(() => void dynamoDb.reset());

const operations: Record<string, () => Promise<unknown>> = {
  GetItem: () => table.get(key),
  Query: () => table.query(key.pk, "input#"),
  UpdateItem: () => table.update(key, { generation: 1 }),
  DeleteItem: () => table.delete(key, { expression: "#generation = :one", values: { one: 1 } }),
};

const answered = (httpStatusCode: number, name: string) =>
  new DynamoDBServiceException({ name, $fault: "server", message: "words", $metadata: { httpStatusCode } });
const socket = (code: string) => Object.assign(new Error(`read ${code}`), { code });
const named = (name: string) => Object.assign(new Error("no answer"), { name });
/** A proxy's HTML page, which the SDK cannot parse. */
const unreadable = (statusCode: number) =>
  Object.assign(new SyntaxError("Unexpected token '<'"), { $response: { statusCode } });

/** The error that every operation throws. */
async function errorsWith(error: Error): Promise<Error[]> {
  dynamoDb.rejects(error);
  const outcomes = Object.values(operations).map((call) => call().catch((caught: unknown) => caught));
  return (await Promise.all(outcomes)) as Error[];
}

describe("a transient error of any operation is a TransientError that names the cause:", () => {
  test.each([
    ["a connection that is reset", socket("ECONNRESET"), "ECONNRESET"],
    ["a pipe that breaks", socket("EPIPE"), "EPIPE"],
    ["a host name that does not resolve for now", socket("EAI_AGAIN"), "EAI_AGAIN"],
    ["a request that times out", named("TimeoutError"), "TimeoutError"],
    ["a request that is aborted at the invocation's end", named("AbortError"), "AbortError"],
    ["a throttle", answered(400, "ThrottlingException"), "400 ThrottlingException"],
    [
      "an exceeded throughput",
      answered(400, "ProvisionedThroughputExceededException"),
      "400 ProvisionedThroughputExceededException",
    ],
    ["a limit of requests", answered(400, "RequestLimitExceeded"), "400 RequestLimitExceeded"],
    ["a 429", answered(429, "TooManyRequests"), "429 TooManyRequests"],
    ["a 500", answered(500, "InternalServerError"), "500 InternalServerError"],
    ["a 503 under an odd name", answered(503, "WeekendException"), "503 WeekendException"],
    ["a 5xx that is named like a refusal", answered(500, "ValidationException"), "500 ValidationException"],
    ["a 502 of a proxy", unreadable(502), "502 SyntaxError"],
  ])("%s", async (_, error, reason) => {
    const errors = await errorsWith(error);
    const expected = Object.keys(operations).map((operation) => [
      "TransientError",
      `DynamoDB could not perform ${operation}: ${reason}. It is retried.`,
    ]);
    expect(errors.map(({ name, message }) => [name, message])).toEqual(expected);
  });
});

test.each([
  answered(400, "ValidationException"),
  answered(400, "ResourceNotFoundException"),
  answered(400, "AccessDeniedException"),
  answered(400, "ItemCollectionSizeLimitExceededException"),
  new TypeError("a mistake of our own"),
])("a refusal or a mistake keeps its name: $name", async (error) => {
  expect(await errorsWith(error)).toEqual(Object.keys(operations).map(() => error));
});

describe("a condition that does not hold", () => {
  beforeEach(() => void dynamoDb.rejects(answered(400, "ConditionalCheckFailedException")));

  test("is an update without a result", async () => {
    const condition = { expression: "#generation = :one", values: { one: 1 } };
    await expect(table.update(key, { generation: 2 }, { condition })).resolves.toBeUndefined();
  });

  test("is a deletion that does nothing", async () => {
    await expect(operations.DeleteItem?.()).resolves.toBeUndefined();
  });

  test("is an error for operations that have no condition", async () => {
    await expect(table.get(key)).rejects.toThrow("words");
  });
});

describe("requests", () => {
  test("read an item, or all pages of a query, consistently", async () => {
    dynamoDb.on(GetCommand).resolves({ Item: { ...key, generation: 1 } });
    expect(await table.get(key)).toEqual({ ...key, generation: 1 });

    const more = { pk: key.pk, sk: "input#1" };
    dynamoDb
      .on(QueryCommand)
      .resolvesOnce({ Items: [more], LastEvaluatedKey: more })
      .resolves({ Items: [{ pk: key.pk, sk: "input#2" }] });
    const found = await table.query(key.pk, "input#");
    expect(found.map(({ sk }) => sk)).toEqual(["input#1", "input#2"]);

    const inputs = dynamoDb.calls().map(({ args: [{ input }] }) => input);
    expect(inputs).toMatchObject([
      { TableName: "relay", Key: key, ConsistentRead: true },
      { ConsistentRead: true },
      { ConsistentRead: true, ExclusiveStartKey: more },
    ]);
  });

  test("do not read pages that the caller does not consume", async () => {
    dynamoDb.on(QueryCommand).resolves({ Items: [key, key], LastEvaluatedKey: key });
    for await (const _ of table.each(key.pk, "", { pageSize: 2 })) break;
    expect(dynamoDb.commandCalls(QueryCommand).map(({ args: [{ input }] }) => input.Limit)).toEqual([2]);
  });

  test("set, remove, add and delete in one expression, with placeholders only", async () => {
    dynamoDb.on(UpdateCommand).resolves({ Attributes: { generation: 2 } });
    const condition = { expression: "#state = :old", values: { old: "waiting" } };
    const missing = new Set(["comment#1"]);
    const updated = await table.update<{ generation: number; state?: string }>(
      key,
      { generation: 2, state: undefined },
      { condition, add: { stored: 1 }, take: { missing } },
    );
    expect(updated).toEqual({ generation: 2 });
    const [call] = dynamoDb.commandCalls(UpdateCommand);
    expect(call?.args[0].input).toEqual({
      TableName: "relay",
      Key: key,
      UpdateExpression:
        "SET #generation = :new_generation REMOVE #state ADD #stored :add_stored DELETE #missing :take_missing",
      ConditionExpression: "#state = :old",
      ExpressionAttributeNames: {
        "#generation": "generation",
        "#state": "state",
        "#stored": "stored",
        "#missing": "missing",
      },
      ExpressionAttributeValues: {
        ":new_generation": 2,
        ":add_stored": 1,
        ":take_missing": missing,
        ":old": "waiting",
      },
      ReturnValues: "ALL_NEW",
    });
  });

  test("delete conditionally", async () => {
    dynamoDb.on(DeleteCommand).resolves({});
    await operations.DeleteItem?.();
    const [call] = dynamoDb.commandCalls(DeleteCommand);
    expect(call?.args[0].input).toMatchObject({ Key: key, ConditionExpression: "#generation = :one" });
  });
});
