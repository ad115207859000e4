import { BatchWriteItemCommand, type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { type LocalDynamoDb, startDynamoDb } from "../../local/aws/dynamodb/dynamodb.js";

/** A local table, which modules of `lambdas/` that are imported afterwards use. */
export async function startTable(name: string): Promise<LocalDynamoDb> {
  const dynamoDb = await startDynamoDb(name);
  Object.assign(process.env, {
    TABLE_NAME: name,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  });
  return dynamoDb;
}

/** DynamoDB takes so many writes in one request. */
const mostWrites = 25;

/** Deletes what a test has left in a table, less than a page of 1 MB. */
export async function emptyTable(client: DynamoDBClient, TableName: string): Promise<void> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName, ProjectionExpression: "pk, sk" }));
  const deletes = Items.map((Key) => ({ DeleteRequest: { Key } }));
  for (let from = 0; from < deletes.length; from += mostWrites) {
    const RequestItems = { [TableName]: deletes.slice(from, from + mostWrites) };
    await client.send(new BatchWriteItemCommand({ RequestItems }));
  }
}
