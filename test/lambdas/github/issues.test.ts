import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import type { IssueClient } from "../../../lambdas/github/issues.js";
import { FakeGitHub } from "../../../local/fake-github/fake-github.js";
import type { Issue } from "../../../local/fake-github/issues/issues.js";

const marker = "<!-- marker -->";

let gitHub: FakeGitHub;
let issue: Issue;
let client: IssueClient;
let Client: typeof IssueClient;

beforeAll(async () => {
  Object.assign(process.env, { GITHUB_APP_SECRET_ARN: "githubApp", AWS_REGION: "us-east-1" });
  ({ IssueClient: Client } = await import("../../../lambdas/github/issues.js"));
});

beforeEach(async () => {
  gitHub = new FakeGitHub();
  await gitHub.listen();
  gitHub.addUser({ login: "mona" });
  const { installationId } = gitHub.addRepository({ owner: "octo", name: "app" });
  ({ issue } = await gitHub.openIssue({ repo: "octo/app", by: "mona", title: "It is broken" }));
  const octokit = new Octokit({
    authStrategy: createAppAuth,
    auth: { appId: gitHub.appId, privateKey: gitHub.privateKey, installationId },
    baseUrl: gitHub.url,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const address = { number: issue.number, url: `https://github.com/octo/app/issues/${issue.number}` };
  client = new Client(octokit, { repository: { owner: "octo", name: "app" }, issue: address });
});

afterEach(() => gitHub.close());

async function comment(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await gitHub.comment(issue, { by: "mona", body: `${marker} a copy`, deliver: false });
  }
}

/** The comment pages that were requested since the last call, in order. */
function pagesRead(): number[] {
  const pages = gitHub.http.calls
    .filter(({ method, path }) => method === "GET" && path.endsWith("/comments"))
    .map(({ query }) => Number(new URLSearchParams(query).get("page")));
  gitHub.http.calls.length = 0;
  return pages.sort((a, b) => a - b);
}

describe("the App's own comment on an issue", () => {
  const find = (count?: number) => client.findOwnComment(marker, gitHub.appId, count);

  test("is the newest one with its marker, never another account's copy", async () => {
    expect(await find()).toBeUndefined();
    await comment(1);
    await client.createComment(`${marker} the first`);
    const newest = await client.createComment(`${marker} the second`);
    await client.createComment("without a marker");
    await comment(1);
    expect(await find()).toBe(newest);
  });

  test.each([
    ["on the first page", 0, 250],
    ["in the middle", 120, 130],
    ["on the last page", 249, 1],
  ])("is found %s, with and without the number of comments", async (_, before, after) => {
    await comment(before);
    const own = await client.createComment(marker);
    await comment(after);
    for (const count of [undefined, 1, 101, before + 1 + after]) expect(await find(count)).toBe(own);
  });

  test("costs one request per page if it does not exist, all at once if the number of comments is known", async () => {
    await comment(301);
    let held = 0;
    let release = () => {};
    const allAreHeld = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hold = () => {
      if (++held === 4) release();
      return allAreHeld;
    };
    gitHub.http.fail({ method: "GET", path: /\/comments$/, times: 4, hold });
    expect(await find(301)).toBeUndefined();
    expect(pagesRead()).toEqual([1, 2, 3, 4]);
  });

  test("is searched from the last page backwards", async () => {
    await comment(1001);
    const own = await client.createComment(marker);
    pagesRead();
    expect(await find(1002)).toBe(own);
    expect(pagesRead()).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});

test("GitHub is asked whether an issue is assigned to somebody while that account is still being looked up", async () => {
  await gitHub.assign(issue, { by: "mona", assignee: gitHub.agentLogin, deliver: false });
  const { id } = gitHub.repositories.user(gitHub.agentLogin);
  const found = new Promise<number>((resolve) => {
    gitHub.http.fail({ path: /\/issues\/\d+$/, hold: async () => resolve(id) });
  });
  expect(await client.isOpenFor(found)).toBe(true);
  expect(await client.isOpenFor(Promise.resolve(id + 1))).toBe(false);
  await expect(client.isOpenFor(Promise.reject(new Error("nobody")))).rejects.toThrow("nobody");
});
