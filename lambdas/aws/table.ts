import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  type QueryCommandOutput,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { tableEnvironment } from "../runtime/environment.js";
import { askAws } from "./ask.js";

/** The table's partition key and sort key. */
export interface Key {
  pk: string;
  sk: string;
}

/** Attributes to set; `undefined` removes one. */
export type Changes<Item> = { [Field in keyof Item]?: Item[Field] | undefined };

/** The condition of a change: a DynamoDB expression with `#field` for the item's fields and `:name` for the values. */
export interface Condition {
  expression: string;
  values?: Record<string, unknown>;
}

/** Further parts of an update: its condition, and what it does besides setting and removing attributes. */
export interface UpdateOptions {
  condition?: Condition;
  /** Amounts to add to numbers; a missing number counts as 0. */
  add?: Record<string, number>;
  /** Members to remove from string sets; DynamoDB deletes a set that becomes empty. */
  take?: Record<string, Set<string>>;
}

const client = DynamoDBDocumentClient.from(
  new DynamoDBClient({
    maxAttempts: 5,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
  }),
  { marshallOptions: { removeUndefinedValues: true } },
);

/**
 * The stack's one DynamoDB table, used without transactions. Reads are consistent. Throws a `TransientError` if a retry
 * can help.
 */
export class Table {
  readonly #name = tableEnvironment().TABLE_NAME;

  async get<Item>(key: Key): Promise<Item | undefined> {
    const command = new GetCommand({ TableName: this.#name, Key: key, ConsistentRead: true });
    const { Item } = await askAws({ service: "DynamoDB", operation: "GetItem" }, (options) =>
      client.send(command, options),
    );
    return Item as Item | undefined;
  }

  /** All items of a partition whose sort keys begin with `prefix`, in the order of their sort keys. */
  async query<Item>(pk: string, prefix: string): Promise<(Item & Key)[]> {
    const items: (Item & Key)[] = [];
    for await (const item of this.each<Item>(pk, prefix)) items.push(item);
    return items;
  }

  /**
   * The same as `query`, but yields one item after the other and holds one page in memory. `pageSize` is the number of
   * items in a page; without it, a page is 1 MB. `fields` lists the attributes to read as `#field`; `filter` selects the
   * items.
   */
  async *each<Item>(
    pk: string,
    prefix: string,
    { pageSize, fields, filter }: { pageSize?: number; fields?: string; filter?: Condition } = {},
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
        ExpressionAttributeValues: { ":pk": pk, ":prefix": prefix, ...named("", filter?.values ?? {}) },
        ConsistentRead: true,
        ...(pageSize !== undefined && { Limit: pageSize }),
        ...(from && { ExclusiveStartKey: from }),
      });
      const page: QueryCommandOutput = await askAws({ service: "DynamoDB", operation: "Query" }, (options) =>
        client.send(command, options),
      );
      for (const item of page.Items ?? []) yield item as Item & Key;
      from = page.LastEvaluatedKey;
    } while (from);
  }

  /**
   * Changes or creates an item and returns the new version. If the condition does not hold, changes nothing and returns
   * `undefined`.
   */
  async update<Item>(
    key: Key,
    changes: Changes<Item>,
    { condition, add = {}, take = {} }: UpdateOptions = {},
  ): Promise<Item | undefined> {
    const fields = Object.entries(changes);
    const set = fields.filter(([, value]) => value !== undefined);
    const removed = fields.filter(([, value]) => value === undefined);
    const expression = [
      clause("SET", set, ([field]) => `#${field} = :new_${field}`),
      clause("REMOVE", removed, ([field]) => `#${field}`),
      clause("ADD", Object.keys(add), (field) => `#${field} :add_${field}`),
      clause("DELETE", Object.keys(take), (field) => `#${field} :take_${field}`),
    ]
      .filter((part) => part !== "")
      .join(" ");
    const values = {
      ...named("new_", Object.fromEntries(set)),
      ...named("add_", add),
      ...named("take_", take),
      ...named("", condition?.values ?? {}),
    };
    const command = new UpdateCommand({
      TableName: this.#name,
      Key: key,
      UpdateExpression: expression,
      ...(condition && { ConditionExpression: condition.expression }),
      ExpressionAttributeNames: namesIn(`${expression} ${condition?.expression ?? ""}`),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
      ReturnValues: "ALL_NEW",
    });
    return ifConditionHolds(async () => {
      const { Attributes } = await askAws({ service: "DynamoDB", operation: "UpdateItem" }, (options) =>
        client.send(command, options),
      );
      return Attributes as Item | undefined;
    });
  }

  /** Deletes an item, if there is one and the condition holds. */
  async delete(key: Key, condition?: Condition): Promise<void> {
    const { expression, values = {} } = condition ?? {};
    const command = new DeleteCommand({
      TableName: this.#name,
      Key: key,
      ...(expression !== undefined && {
        ConditionExpression: expression,
        ExpressionAttributeNames: namesIn(expression),
      }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: named("", values) }),
    });
    await ifConditionHolds(() =>
      askAws({ service: "DynamoDB", operation: "DeleteItem" }, (options) => client.send(command, options)),
    );
  }
}

async function ifConditionHolds<Result>(write: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof Error && error.name === "ConditionalCheckFailedException") return undefined;
    throw error;
  }
}

function clause<T>(keyword: string, parts: readonly T[], write: (part: T) => string): string {
  return parts.length > 0 ? `${keyword} ${parts.map(write).join(", ")}` : "";
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
