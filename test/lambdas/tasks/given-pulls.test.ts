import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Octokit } from "@octokit/rest";
import type { Pull } from "../../../lambdas/github/repository.js";
import type { IssueEvent } from "../../../lambdas/model/event.js";
import { issueKey, pullKey, type TaskRecord } from "../../../lambdas/model/record.js";
import type { PullEvent, TaskFinder } from "../../../lambdas/tasks/finder.js";
import type { issueToJoin } from "../../../lambdas/tasks/pull-now.js";
import type { TaskStore } from "../../../lambdas/tasks/store.js";
import type { LocalDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { startTable } from "../table.js";

const repository = { id: 7, owner: "octo", name: "app", private: false };
const pull = { number: 12, repositoryId: 7, repositoryName: "octo/app", authorId: 5 } as Pull;
/** A client that is never used: the pull request is somebody else's, and nothing asks GitHub about it. */
const unused = {} as Octokit;

let dynamoDb: LocalDynamoDb;
let store: TaskStore;
let Finder: typeof TaskFinder;
let join: typeof issueToJoin;
beforeAll(async () => {
  dynamoDb = await startTable("given-pulls");
  Object.assign(process.env, {
    AGENT_GITHUB_USERNAME: "coder-agent",
    GITHUB_APP_SECRET_ARN: "githubApp",
  });
  store = new (await import("../../../lambdas/tasks/store.js")).TaskStore();
  Finder = (await import("../../../lambdas/tasks/finder.js")).TaskFinder;
  join = (await import("../../../lambdas/tasks/pull-now.js")).issueToJoin;
  await note(issueKey(7, 3), { wanted: true });
});
afterAll(() => dynamoDb.close());

function note(key: { repositoryId: number; work: string }, changes: Partial<TaskRecord>) {
  return store.update(key, { intent: 1, ...changes }, { expression: "attribute_not_exists(#other)" });
}

async function found(type: "comment_posted" | "comment_withdrawn" | "pull_changed") {
  const event = { type, delivery: "d", installation: 1, repository, at: "2026-01-01T00:00:00Z" } as PullEvent;
  const fail = () => Promise.reject(new Error("nobody searches Coder"));
  const finder = new Finder({ store, octokit: unused, event, coder: fail, isTrusted: fail });
  return (await finder.ofPull(pull))?.work;
}

test("a pull request that the agent was given leads to its own task, or to that of the issue that took it up", async () => {
  await note(pullKey(7, 12), { wanted: true });
  expect(await found("comment_posted")).toBe("pull#12");
  await note(pullKey(7, 12), { wanted: true, joined: "3" });
  expect(await found("comment_posted")).toBe("3");
  expect(await found("pull_changed")).toBe("3");
});

test("after its end, only its later states and deleted comments lead there", async () => {
  await note(pullKey(7, 12), { wanted: false, joined: "3" });
  expect(await found("pull_changed")).toBe("3");
  expect(await found("comment_withdrawn")).toBe("3");
});

test("an issue joins no other task, and a pull request with its own task keeps it", async () => {
  const about = { number: 12, title: "", url: "https://github.com/octo/app/pull/12" };
  const event = (issue: object) =>
    ({ type: "task_requested", installation: 1, repository, issue: { ...about, ...issue } }) as IssueEvent;
  // Neither asks GitHub, because there is no client.
  expect(await join(store, undefined, event({}))).toBeUndefined();
  const task = { backend: "tasks", owner: "mona", name: "gh-app-12" } as const;
  expect(await join(store, { task }, event({ ask: "work" }))).toBeUndefined();
});
