import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Octokit } from "@octokit/rest";
import type { Pull } from "../../../lambdas/github/repository.js";
import { issueKey } from "../../../lambdas/model/record.js";
import type { PullEvent, TaskFinder } from "../../../lambdas/tasks/finder.js";
import type { TaskStore } from "../../../lambdas/tasks/store.js";
import type { LocalDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { startTable } from "../table.js";

const repository = { id: 7, owner: "octo", name: "app", private: false };
const agent = 5;
/** GitHub knows the agent, and no issue that the pull request closes. */
const octokit = {
  request: async () => ({ data: { id: agent, login: "coder-agent" } }),
  graphql: async () => ({ repository: { pullRequest: { closingIssuesReferences: { nodes: [] } } } }),
} as unknown as Octokit;

let dynamoDb: LocalDynamoDb;
let store: TaskStore;
let Finder: typeof TaskFinder;
beforeAll(async () => {
  dynamoDb = await startTable("own-pulls");
  Object.assign(process.env, {
    AGENT_GITHUB_USERNAME: "coder-agent",
    GITHUB_APP_SECRET_ARN: "githubApp",
  });
  store = new (await import("../../../lambdas/tasks/store.js")).TaskStore();
  Finder = (await import("../../../lambdas/tasks/finder.js")).TaskFinder;
  for (const work of ["20", "57"]) {
    const isNew = { expression: "attribute_not_exists(#other)" };
    await store.update(issueKey(7, Number(work)), { intent: 1, wanted: true }, isNew);
  }
  const known = { baseRepositoryId: 7, headRepositoryId: 7, name: "tidy" };
  await store.rememberBranch(known, "57");
});
afterAll(() => dynamoDb.close());

async function found(headBranch: string, body: string, title = "Tidy up") {
  const event = { type: "comment_posted", delivery: "d", installation: 1, repository } as PullEvent;
  const fail = () => Promise.reject(new Error("nobody searches Coder"));
  const pull = {
    number: 12,
    url: "https://github.com/octo/app/pull/12",
    repositoryId: 7,
    repositoryName: "octo/app",
    headRepositoryId: 7,
    authorId: agent,
    headBranch,
    body,
    title,
  } as Pull;
  return (await new Finder({ store, octokit, event, coder: fail, isTrusted: fail }).ofPull(pull))?.work;
}

describe("a pull request of the agent's, where #20 and #57 have tasks, is for #57 if", () => {
  test.each([
    ["its text says so, whatever number is in the branch", "20-node", "Part of #57: moves the build."],
    ["its text says so in other words", "20-node", "As in #20. Fixes issue #57"],
    ["its branch says so, and the text only mentions another issue", "57-commas", "As discussed in #20."],
    ["its branch belonged to it before, and the text only mentions another issue", "tidy", "After #20."],
    ["its text mentions only it", "work", "See #57"],
  ])("%s", async (_, branch, body) => {
    expect(await found(branch, body)).toBe("57");
  });

  test("its title says so", async () => {
    expect(await found("work", "As in #20", "Fix #57: commas")).toBe("57");
  });
});
