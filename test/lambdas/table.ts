import { type LocalDynamoDb, startDynamoDb } from "../../local/aws/dynamodb/dynamodb.js";

/** Starts a local table. Modules of `lambdas/` that are imported afterwards use it. */
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
