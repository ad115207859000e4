import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { TaskRecord } from "../../lambdas/model/record.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import type { World } from "./support.js";

const TableName = "coder-task-relay";

/** The tasks' records, as stored in the table. */
export class Records {
  readonly #client: DynamoDBDocumentClient;

  constructor({ system }: World) {
    const { dynamoDb, credentials } = system;
    this.#client = DynamoDBDocumentClient.from(
      new DynamoDBClient({ endpoint: dynamoDb.url, region: "us-east-1", credentials }),
    );
  }

  close(): void {
    this.#client.destroy();
  }

  async get(issue: Issue): Promise<TaskRecord | undefined> {
    const { Item } = await this.#client.send(new GetCommand({ TableName, Key: keyOf(issue) }));
    return Item as TaskRecord | undefined;
  }

  /** Removes the record, as its expiry does. */
  async lose(issue: Issue): Promise<void> {
    await this.#client.send(new DeleteCommand({ TableName, Key: keyOf(issue) }));
  }

  /** Gives the task another name, as if it had been found again under that name. */
  async rename(issue: Issue, name: string): Promise<void> {
    await this.#client.send(
      new UpdateCommand({
        TableName,
        Key: keyOf(issue),
        UpdateExpression: "SET #task.#name = :name",
        ExpressionAttributeNames: { "#task": "task", "#name": "name" },
        ExpressionAttributeValues: { ":name": name },
      }),
    );
  }
}

function keyOf({ repo, number }: Issue) {
  return { pk: `task#${repo.id}#${number}`, sk: "record" };
}
