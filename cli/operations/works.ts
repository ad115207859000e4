import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import type { Inbox } from "../../lambdas/inbox/inbox.js";
import { type TaskKey, type TaskRecord, taskKey } from "../../lambdas/model/record.js";
import { workReference } from "../../lambdas/model/work.js";
import { CommandError } from "../frame/exit.js";

/** One piece of work and what is known about it. */
export interface Work {
  key: TaskKey;
  /** As people write it: `owner/repo#42`, `owner/repo job nightly`. */
  reference: string;
  /** `owner/repo`, as the newest event named it. */
  repository: string;
  record: TaskRecord;
}

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));

/**
 * All work that the table has a record of, the newest first. The whole table is scanned: no key leads from a repository's
 * name to its records.
 */
export async function findWorks(name?: string): Promise<Work[]> {
  const works: Work[] = [];
  const query = {
    TableName: process.env.TABLE_NAME,
    FilterExpression: "sk = :record",
    ExpressionAttributeValues: { ":record": "record" },
  };
  for await (const { Items = [] } of paginateScan({ client }, query)) {
    works.push(...Items.flatMap((item) => toWork(item as TaskRecord)));
  }
  return works.filter((work) => name === undefined || isNamed(work, name)).sort(newestFirst);
}

/**
 * The one piece of work of a name.
 *
 * @throws {CommandError} if there is none.
 */
export async function findWork(name: string): Promise<Work> {
  const [work] = (await findWorks(name)).filter(({ repository }) => !isSame(repository, name));
  if (work) return work;
  throw new CommandError(
    "notFound",
    `The relay has no record of "${name}". Expected an issue like octo/app#7, or another piece of work as status lists it. Records expire 90 days after their work has ended.`,
  );
}

/** The inbox of a piece of work. */
export async function inboxOf({ key }: Work): Promise<Inbox> {
  const { Inbox } = await import("../../lambdas/inbox/inbox.js");
  return new Inbox(key);
}

/** A record that has only a refusal names no work. */
function toWork(record: TaskRecord): Work[] {
  const { source } = record;
  if (!source) return [];
  const repository = `${source.repository.owner}/${source.repository.name}`;
  return [{ key: taskKey(source), reference: workReference(source), repository, record }];
}

function isNamed({ reference, repository }: Work, name: string): boolean {
  return isSame(reference, name) || isSame(repository, name);
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function newestFirst(a: Work, b: Work): number {
  return (b.record.intentAt ?? "").localeCompare(a.record.intentAt ?? "");
}
