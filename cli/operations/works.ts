import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { z } from "zod";
import type { Inbox } from "../../lambdas/inbox/inbox.js";
import { issueKey, type TaskKey, type TaskRecord, taskKey } from "../../lambdas/model/record.js";
import { workReference } from "../../lambdas/model/work.js";
import { CommandError } from "../frame/exit.js";

/** One piece of work with its record. */
export interface Work {
  key: TaskKey;
  /** As people write it: `owner/repo#42`, `owner/repo job nightly`. */
  reference: string;
  /** `owner/repo`, as named by the newest event. */
  repository: string;
  record: TaskRecord;
}

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));

/**
 * All work that has a record in the table, newest first. This scans the whole table, because no key leads from a
 * repository's name to its records.
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
 * The piece of work with a name.
 *
 * @throws {CommandError} if there is none.
 */
export async function findWork(name: string): Promise<Work> {
  const work = await recordedWork(name);
  if (work) return work;
  throw notFound(name);
}

/**
 * The key of the work with a name. An issue needs no record, because its repository is looked up on GitHub.
 *
 * @throws {CommandError} if there is no such work, and the App is not installed on such a repository.
 */
export async function findKey(name: string): Promise<TaskKey> {
  const work = await recordedWork(name);
  if (work) return work.key;
  const [, owner, repository, issue] = /^([^/\s]+)\/([^/\s#]+)#(\d+)$/.exec(name) ?? [];
  const id = owner && repository ? await repositoryId({ owner, name: repository }) : undefined;
  if (id === undefined) throw notFound(name);
  return issueKey(id, Number(issue));
}

async function recordedWork(name: string): Promise<Work | undefined> {
  return (await findWorks(name)).find(({ repository }) => !isSame(repository, name));
}

function notFound(name: string): CommandError {
  return new CommandError(
    "notFound",
    `The relay has no record of "${name}". Expected an issue like octo/app#7, or another name that status lists. Records expire 90 days after their work has ended.`,
  );
}

/** `undefined` if the App is not installed on such a repository. */
async function repositoryId(name: { owner: string; name: string }): Promise<number | undefined> {
  const { connectGitHub } = await import("../../lambdas/github/app.js");
  const { getAsApp } = await import("../../lambdas/github/as-app.js");
  const { findRepository } = await import("../../lambdas/github/installations.js");
  const path = `/repos/${name.owner}/${name.name}/installation`;
  const installation = await getAsApp(path, z.object({ id: z.int() }));
  return (
    installation && (await findRepository((await connectGitHub()).installation(installation.id), name))?.id
  );
}

/** The inbox of a piece of work. */
export async function inboxOf({ key }: Work): Promise<Inbox> {
  const { Inbox } = await import("../../lambdas/inbox/inbox.js");
  return new Inbox(key);
}

/** A record with only a refusal doesn't name its work. */
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
