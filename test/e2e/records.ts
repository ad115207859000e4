import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { TaskRecord } from "../../lambdas/model/record.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import type { World } from "./support.js";

const TableName = "coder-task-relay";

/** The records of the tasks, as an operator finds them in the table. */
export class Records {
  readonly #client: DynamoDBClient;

  constructor({ system }: World) {
    this.#client = new DynamoDBClient({
      endpoint: system.dynamoDbUrl,
      region: "us-east-1",
      credentials: system.credentials,
    });
  }

  close(): void {
    this.#client.destroy();
  }

  async get(issue: Issue): Promise<TaskRecord | undefined> {
    const { Item } = await this.#client.send(new GetItemCommand({ TableName, Key: keyOf(issue) }));
    return Item && (unmarshall(Item) as TaskRecord);
  }

  /** As when it has expired. */
  async lose(issue: Issue): Promise<void> {
    await this.#client.send(new DeleteItemCommand({ TableName, Key: keyOf(issue) }));
  }

  /** Gives the task another name, as when it was found again under that. */
  async rename(issue: Issue, name: string): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName,
        Key: keyOf(issue),
        UpdateExpression: "SET #task.#name = :name",
        ExpressionAttributeNames: { "#task": "task", "#name": "name" },
        ExpressionAttributeValues: { ":name": { S: name } },
      }),
    );
  }
}

function keyOf({ repo, number }: Issue) {
  return { pk: { S: `task#${repo.id}#${number}` }, sk: { S: "record" } };
}
