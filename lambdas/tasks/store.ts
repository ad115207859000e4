import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { tableEnvironment } from "../environment.js";
import type { TaskKey, TaskRecord } from "./record.js";

/** Records of issues that want no task are kept this long: as long as Step Functions keeps a name taken. */
const keptForSeconds = 90 * 24 * 3600;

/** Attributes to set, and those to remove as `undefined`. */
export type Changes = { [Field in keyof TaskRecord]?: TaskRecord[Field] | undefined };

/** When a change is made: DynamoDB's expression, `#field` for fields of the record, `:name` for the values. */
export interface Condition {
  expression: string;
  values?: Record<string, unknown>;
}

const client = new DynamoDBClient({
  maxAttempts: 5,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000 },
});

/** The task records: one DynamoDB item an issue, `pk = task#<repository id>#<issue>`, `sk = record`. */
export class TaskStore {
  readonly #table = tableEnvironment().TABLE_NAME;

  async get(key: TaskKey): Promise<TaskRecord | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: this.#table, Key: itemKey(key), ConsistentRead: true }),
    );
    return Item && (unmarshall(Item) as TaskRecord);
  }

  /** Changes the record and returns it as it is then; `undefined`, and no change, where the condition fails. */
  async update(key: TaskKey, changes: Changes, condition: Condition): Promise<TaskRecord | undefined> {
    const fields = Object.entries({ ...changes, ...expiry(changes) });
    const set = fields.filter(([, value]) => value !== undefined);
    const remove = fields.filter(([, value]) => value === undefined);
    const expression = [
      set.length > 0 ? `SET ${set.map(([field]) => `#${field} = :new_${field}`).join(", ")}` : "",
      remove.length > 0 ? `REMOVE ${remove.map(([field]) => `#${field}`).join(", ")}` : "",
    ].join(" ");
    const values = {
      ...Object.fromEntries(set.map(([field, value]) => [`:new_${field}`, value])),
      ...Object.fromEntries(
        Object.entries(condition.values ?? {}).map(([name, value]) => [`:${name}`, value]),
      ),
    };
    try {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: itemKey(key),
          UpdateExpression: expression,
          ConditionExpression: condition.expression,
          ExpressionAttributeNames: namesIn(`${expression} ${condition.expression}`),
          ...(Object.keys(values).length > 0 && {
            ExpressionAttributeValues: marshall(values, { removeUndefinedValues: true }),
          }),
          ReturnValues: "ALL_NEW",
        }),
      );
      return Attributes && (unmarshall(Attributes) as TaskRecord);
    } catch (error) {
      if (error instanceof Error && error.name === "ConditionalCheckFailedException") return undefined;
      throw error;
    }
  }

  /** As `update`, for a flow that holds an intent: nothing is changed once a newer event has been claimed. */
  async updateAs(intent: number, key: TaskKey, changes: Changes): Promise<TaskRecord | undefined> {
    return this.update(key, changes, { expression: "#intent = :holder", values: { holder: intent } });
  }
}

function itemKey({ repositoryId, issue }: TaskKey) {
  return { pk: { S: `task#${repositoryId}#${issue}` }, sk: { S: "record" } };
}

/** `#field` → `field`, for every name in the expressions: many of DynamoDB's reserved words are our fields. */
function namesIn(expressions: string): Record<string, string> {
  const names = [...expressions.matchAll(/#(\w+)/g)].map(([placeholder, field = ""]) => [placeholder, field]);
  return Object.fromEntries(names);
}

/** The table's TTL attribute (seconds since the epoch): set when the task is no longer wanted. */
function expiry({ wanted }: Changes): Record<string, number | undefined> {
  if (wanted === undefined) return {};
  return { expiresAt: wanted ? undefined : Math.floor(Date.now() / 1000) + keptForSeconds };
}
