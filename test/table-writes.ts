import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  ScanCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";

/** The maximum number of writes that DynamoDB accepts in one request. */
const mostWrites = 25;

/** Writes items to a table, or deletes them, in few requests. */
export async function writeAll(
  client: DynamoDBClient,
  table: string,
  writes: readonly WriteRequest[],
): Promise<void> {
  for (let from = 0; from < writes.length; from += mostWrites) {
    const request = { RequestItems: { [table]: writes.slice(from, from + mostWrites) } };
    const { UnprocessedItems = {} } = await client.send(new BatchWriteItemCommand(request));
    if (Object.keys(UnprocessedItems).length > 0) throw new Error("the table did not accept all writes");
  }
}

/** Deletes the items that a test left in a table. They must fit into one page of 1 MB. */
export async function emptyTable(client: DynamoDBClient, table: string): Promise<void> {
  const scan = new ScanCommand({ TableName: table, ProjectionExpression: "pk, sk" });
  const { Items = [] } = await client.send(scan);
  await writeAll(
    client,
    table,
    Items.map((Key) => ({ DeleteRequest: { Key } })),
  );
}
