import {
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandOutput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { tableEnvironment } from "../runtime/environment.js";
import { askAws } from "./ask.js";

/** Where an item stands: the table's partition key and sort key. */
export interface Key {
  pk: string;
  sk: string;
}

/** Attributes to set, and those to remove as `undefined`. */
export type Changes<Item> = { [Field in keyof Item]?: Item[Field] | undefined };

/** When a change is made: DynamoDB's expression, `#field` for the item's fields, `:name` for the values. */
export interface Condition {
  expression: string;
  values?: Record<string, unknown>;
}

const client = new DynamoDBClient({
  maxAttempts: 5,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
});
const marshalling = { removeUndefinedValues: true };

/**
 * The stack's one DynamoDB table, without transactions. Reads are consistent. Passing trouble is thrown as a
 * `TransientError`.
 */
export class Table {
  readonly #name = tableEnvironment().TABLE_NAME;

  async get<Item>(key: Key): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: this.#name, Key: marshall(key), ConsistentRead: true });
    const { Item } = await askAws({ service: "DynamoDB", operation: "GetItem" }, (options) =>
      client.send(command, options),
    );
    return Item && (unmarshall(Item) as Item);
  }

  /** All items of a partition whose sort keys begin with `prefix`, in the order of these. */
  async query<Item>(pk: string, prefix: string): Promise<(Item & Key)[]> {
    const items: (Item & Key)[] = [];
    for await (const item of this.each<Item>(pk, prefix)) items.push(item);
    return items;
  }

  /**
   * The same one by one, with a page of DynamoDB's, 1 MB, in memory at a time. `fields` names those that are wanted,
   * `#field` for each, and `filter` says which items are: what is left out of an item, or of the items, never gets here.
   */
  async *each<Item>(
    pk: string,
    prefix: string,
    { fields, filter }: { fields?: string; filter?: Condition } = {},
  ): AsyncGenerator<Item & Key> {
    const names = namesIn(`${fields ?? ""} ${filter?.expression ?? ""}`);
    let from: QueryCommandOutput["LastEvaluatedKey"];
    do {
      const command = new QueryCommand({
        TableName: this.#name,
        KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
        ...(fields && { ProjectionExpression: fields }),
        ...(filter && { FilterExpression: filter.expression }),
        ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
        ExpressionAttributeValues: marshall({
          ":pk": pk,
          ":prefix": prefix,
          ...named("", filter?.values ?? {}),
        }),
        ConsistentRead: true,
        ...(from && { ExclusiveStartKey: from }),
      });
      const page: QueryCommandOutput = await askAws({ service: "DynamoDB", operation: "Query" }, (options) =>
        client.send(command, options),
      );
      for (const item of page.Items ?? []) yield unmarshall(item) as Item & Key;
      from = page.LastEvaluatedKey;
    } while (from);
  }

  /**
   * Changes an item, or makes it, and returns it as it is then; `undefined`, and no change, where the condition
   * does not hold. `add` counts numbers up; one that is not there counts as 0.
   */
  async update<Item>(
    key: Key,
    changes: Changes<Item>,
    { condition, add = {} }: { condition?: Condition; add?: Record<string, number> } = {},
  ): Promise<Item | undefined> {
    const fields = Object.entries(changes);
    const set = fields
      .filter(([, value]) => value !== undefined)
      .map(([field]) => `#${field} = :new_${field}`);
    const remove = fields.filter(([, value]) => value === undefined).map(([field]) => `#${field}`);
    const counted = Object.keys(add).map((field) => `#${field} :add_${field}`);
    const expression = [
      set.length > 0 ? `SET ${set.join(", ")}` : "",
      remove.length > 0 ? `REMOVE ${remove.join(", ")}` : "",
      counted.length > 0 ? `ADD ${counted.join(", ")}` : "",
    ].join(" ");
    const values = {
      ...named("new_", Object.fromEntries(fields.filter(([, value]) => value !== undefined))),
      ...named("add_", add),
      ...named("", condition?.values ?? {}),
    };
    const command = new UpdateItemCommand({
      TableName: this.#name,
      Key: marshall(key),
      UpdateExpression: expression,
      ...(condition && { ConditionExpression: condition.expression }),
      ExpressionAttributeNames: namesIn(`${expression} ${condition?.expression ?? ""}`),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: marshall(values, marshalling) }),
      ReturnValues: "ALL_NEW",
    });
    try {
      const { Attributes } = await askAws({ service: "DynamoDB", operation: "UpdateItem" }, (options) =>
        client.send(command, options),
      );
      return Attributes && (unmarshall(Attributes) as Item);
    } catch (error) {
      if (error instanceof Error && error.name === "ConditionalCheckFailedException") return undefined;
      throw error;
    }
  }
}

function named(prefix: string, values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${prefix}${name}`, value]));
}

/** `#field` → `field`, for every name in the expressions: many of DynamoDB's reserved words are our fields. */
function namesIn(expressions: string): Record<string, string> {
  const names = [...expressions.matchAll(/#(\w+)/g)].map(([placeholder, field = ""]) => [placeholder, field]);
  return Object.fromEntries(names);
}

/** The table's TTL attribute, `expiresAt`, is in seconds since the epoch. */
export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}
