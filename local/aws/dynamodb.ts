import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";

export interface LocalDynamoDb {
  /** For `AWS_ENDPOINT_URL_DYNAMODB`. */
  url: string;
  close(): Promise<void>;
}

/**
 * Starts a DynamoDB in memory on a free port, with one empty on-demand table whose keys are the strings `pk`
 * and `sk`. `tableName` has at least 3 characters. There are no transactions: dynalite answers
 * `TransactWriteItems` with `UnknownOperationException`.
 */
export async function startDynamoDb(tableName: string): Promise<LocalDynamoDb> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // dynalite crashes where its store is closed under a request, even one whose client has gone.
  const underWay = new Set<Promise<void>>();
  server.prependListener("request", (_request: IncomingMessage, response: ServerResponse) => {
    const answered = new Promise<void>((resolve) => {
      // Not "close": that comes when the client goes away, whatever the store still does.
      response.end = new Proxy(response.end, {
        apply(end, self, args) {
          resolve();
          return Reflect.apply(end, self, args);
        },
      });
    }).finally(() => underWay.delete(answered));
    underWay.add(answered);
  });
  const close = async () => {
    server.closeIdleConnections();
    while (underWay.size > 0) await Promise.all(underWay);
    await new Promise<void>((resolve) => {
      // dynalite waits for its clients' keep-alive connections, which outlive every request.
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };

  const client = new DynamoDBClient({
    endpoint: url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
        AttributeDefinitions: [
          { AttributeName: "pk", AttributeType: "S" },
          { AttributeName: "sk", AttributeType: "S" },
        ],
      }),
    );
  } catch (error) {
    await close();
    throw error;
  } finally {
    client.destroy();
  }
  return { url, close };
}
